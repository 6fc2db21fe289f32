//! A string for PHP, of any bytes.

use ext_php_rs::convert::IntoZval;
use ext_php_rs::flags::DataType;
use ext_php_rs::types::{ZendStr, Zval};

/// What a function returns as `string`.
pub(super) struct Text(Zval);

impl Text {
    /// A copy of `bytes`, in PHP's memory.
    pub(super) fn new(bytes: &[u8]) -> Self {
        let mut zval = Zval::new();
        zval.set_zend_string(ZendStr::new(bytes, false));
        Self(zval)
    }
}

impl IntoZval for Text {
    const TYPE: DataType = DataType::String;
    const NULLABLE: bool = false;

    fn set_zval(self, zval: &mut Zval, _persistent: bool) -> ext_php_rs::error::Result<()> {
        *zval = self.0;
        Ok(())
    }
}
