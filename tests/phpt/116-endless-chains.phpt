--TEST--
An object whose jsonSerialize() returns another such object, and so on without end, ended PHP
--INI--
webhooks.spool={TMP}/webhooks-116
webhooks.autostart=0
--FILE--
<?php
require __DIR__ . '/spool.inc';
spool();

final class Chain implements JsonSerializable {
	public function __construct( private mixed $inner ) {}
	public function jsonSerialize(): mixed {
		return $this->inner;
	}
}
final class Again implements JsonSerializable {
	public static int $made = 0;
	public function jsonSerialize(): mixed {
		++self::$made;
		return clone $this;
	}
}
final class Listed implements JsonSerializable {
	public function jsonSerialize(): mixed {
		return array( new self(), 1 );
	}
}
function chain( int $length ): mixed {
	for ( $value = 7; $length > 0; $length-- ) {
		$value = new Chain( $value );
	}
	return $value;
}
foreach ( array( 'long' => chain( 500 ), 'too long' => chain( 5000 ), 'endless' => new Again(), 'lists' => new Listed() ) as $name => $value ) {
	try {
		echo "$name: ", webhooks_encode( array( 'v' => $value ) ), "\n";
	} catch ( Webhooks\Exception $error ) {
		echo "$name: ", $error->getMessage(), "\n";
	}
}
var_dump( Again::$made < 10000 );

// In a fiber, whose stack is smaller.
$fiber = new Fiber( static fn() => webhooks_encode( array( 'v' => chain( 500 ) ) ) );
$fiber->start();
echo $fiber->getReturn(), "\n";

// An event is mended instead of refused.
publish( array( 'w' => array( 'chained' ) ) );
foreach ( array( chain( 5000 ), new Again(), new Listed() ) as $value ) {
	webhooks_dispatch( 'chained', array( 'v' => $value, 'id' => 7 ) );
}
foreach ( records() as $record ) {
	echo strlen( $record['body'] ) > 1000 ? 'as far as it goes' : strstr( $record['body'], '"data"' ), "\n";
}
?>
--EXPECT--
long: {"v":7}
too long: v is an object that has no JSON form: Maximum stack depth exceeded
endless: v is an object that has no JSON form: Maximum stack depth exceeded
lists: v is an object that has no JSON form: Maximum stack depth exceeded
bool(true)
{"v":7}
"data":{"v":null,"id":7},"altered":["data.v"]}
"data":{"v":null,"id":7},"altered":["data.v"]}
as far as it goes
