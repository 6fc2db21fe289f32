<?php
/**
 * Amounts of money.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Writes amounts so that nobody has to guess: a decimal string with at least the currency's digits,
 * and the same in minor units (cents) where these are exact.
 */
final class Money {

	/** Digits after the point where they are not two (ISO 4217, and BTC). */
	private const DIGITS = array(
		'BIF' => 0,
		'CLP' => 0,
		'DJF' => 0,
		'GNF' => 0,
		'ISK' => 0,
		'JPY' => 0,
		'KMF' => 0,
		'KRW' => 0,
		'PYG' => 0,
		'RWF' => 0,
		'UGX' => 0,
		'UYI' => 0,
		'VND' => 0,
		'VUV' => 0,
		'XAF' => 0,
		'XOF' => 0,
		'XPF' => 0,
		'BHD' => 3,
		'IQD' => 3,
		'JOD' => 3,
		'KWD' => 3,
		'LYD' => 3,
		'OMR' => 3,
		'TND' => 3,
		'CLF' => 4,
		'UYW' => 4,
		// No currency of ISO 4217, but one of WooCommerce: 10⁻⁸ is a satoshi.
		'BTC' => 8,
	);

	/** Digits after the point of all other currencies. */
	private const USUAL_DIGITS = 2;

	/** Nothing, as parts() has it. */
	private const ZERO = array( '', '0', '' );

	/** Significant decimal digits of which every double has enough: those that it holds, up to those that name it (IEEE 754). */
	private const FLOAT_DIGITS = array( 15, 16, 17 );

	/** A float this near, by its own size, to one of eight digits after the point is that one with noise. */
	private const NOISE = 1e-13;

	/** Longest number that is looked at, in bytes, and largest exponent: more is no amount. */
	private const LENGTH = 64;

	/**
	 * An amount, under its key and with `_minor` after it.
	 *
	 * No digit is lost: the string has at least the currency's digits after the point, and more where
	 * the amount has more. The minor units are null where the amount is no whole number of them, or one
	 * that PHP has no integer for.
	 *
	 * @param mixed  $amount   A number, or a decimal string with a point. Another text with digits in it,
	 *                         of whichever script, stays as it is, without minor units, and so does a
	 *                         number that is too large for money; what has no digits is 0.
	 * @param string $currency ISO 4217 code, or BTC; unknown or empty ones have two digits.
	 * @return array<string, string|int|null>
	 */
	public static function fields( string $key, mixed $amount, string $currency ): array {
		$text  = self::text( $amount );
		$parts = self::parts( $amount );
		if ( ! $parts && ( strpbrk( $text, '0123456789' ) || 1 === preg_match( '/\p{N}/u', $text ) ) ) {
			return array(
				$key           => $text,
				"{$key}_minor" => null,
			);
		}
		list( $sign, $whole, $fraction ) = $parts ?? self::ZERO;

		$digits   = self::DIGITS[ strtoupper( $currency ) ] ?? self::USUAL_DIGITS;
		$fraction = rtrim( $fraction, '0' );
		// Half a yen is written as other money is: 0.50.
		$fraction = str_pad( $fraction, strlen( $fraction ) > $digits ? self::USUAL_DIGITS : $digits, '0' );
		return array(
			$key           => $sign . $whole . ( '' === $fraction ? '' : ".$fraction" ),
			"{$key}_minor" => strlen( $fraction ) === $digits ? self::integer( $sign . $whole . $fraction ) : null,
		);
	}

	/**
	 * An amount without its sign.
	 *
	 * @param mixed $amount As fields() takes it.
	 */
	public static function absolute( mixed $amount ): string {
		list( , $whole, $fraction ) = self::parts( $amount ) ?? self::ZERO;
		return '' === $fraction ? $whole : "$whole.$fraction";
	}

	/**
	 * A number of things, which need not be whole: one and a half stay that.
	 *
	 * @param mixed $number A number, or a decimal string with a point. What is no number is 0.
	 */
	public static function quantity( mixed $number ): int|float {
		list( $sign, $whole, $fraction ) = self::parts( $number ) ?? self::ZERO;

		$fraction = rtrim( $fraction, '0' );
		$integer  = '' === $fraction ? self::integer( $sign . $whole ) : null;
		return $integer ?? (float) ( $sign . $whole . ( '' === $fraction ? '' : ".$fraction" ) );
	}

	/**
	 * The decimal digits of an amount: sign, before the point, after the point.
	 *
	 * @return array{string, string, string}|null The sign is `-` or empty; of zero it is empty. null: it
	 *                                            is no number.
	 */
	private static function parts( mixed $amount ): ?array {
		$text = trim( self::text( $amount ) );
		if ( strlen( $text ) > self::LENGTH || ! preg_match( '/^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/iD', $text, $found ) ) {
			return null;
		}
		$whole    = $found[2];
		$fraction = $found[3] ?? '';
		$exponent = (int) ( $found[4] ?? 0 );
		if ( '' === $whole . $fraction || abs( $exponent ) > self::LENGTH ) {
			return null;
		}
		if ( $exponent > 0 ) {
			$fraction = str_pad( $fraction, $exponent, '0' );
			$whole   .= substr( $fraction, 0, $exponent );
			$fraction = substr( $fraction, $exponent );
		} elseif ( $exponent < 0 ) {
			$whole    = str_pad( $whole, -$exponent, '0', STR_PAD_LEFT );
			$fraction = substr( $whole, $exponent ) . $fraction;
			$whole    = substr( $whole, 0, $exponent );
		}
		$whole = ltrim( $whole, '0' );
		return array(
			'-' === $found[1] && '' !== trim( $whole . $fraction, '0' ) ? '-' : '',
			'' === $whole ? '0' : $whole,
			$fraction,
		);
	}

	/**
	 * An amount as a text; empty where it is of no kind that can be one.
	 */
	private static function text( mixed $amount ): string {
		return match ( true ) {
			is_float( $amount ) => self::decimal( $amount ),
			is_int( $amount ), is_string( $amount ), $amount instanceof \Stringable => (string) $amount,
			default => '',
		};
	}

	/**
	 * A float as the decimal that was meant: 0.1 + 0.2 is 0.3. No digit that the float has is left out.
	 */
	private static function decimal( float $amount ): string {
		if ( ! is_finite( $amount ) ) {
			return '';
		}
		$near = round( $amount, 8 );
		// Sums of many floats are off by more than the last digit.
		$amount = abs( $amount - $near ) <= abs( $amount ) * self::NOISE ? $near : $amount;
		foreach ( self::FLOAT_DIGITS as $digits ) {
			$text = sprintf( '%.' . ( $digits - 1 ) . 'e', $amount );
			if ( (float) $text === $amount ) {
				break;
			}
		}
		return $text;
	}

	/**
	 * Digits as an integer; null where PHP has none that large.
	 */
	private static function integer( string $digits ): ?int {
		$value = (int) $digits;
		$sign  = str_starts_with( $digits, '-' ) ? '-' : '';
		$bare  = ltrim( $digits, '-0' );
		return (string) $value === $sign . ( '' === $bare ? '0' : $bare ) ? $value : null;
	}
}
