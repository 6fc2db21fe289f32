<?php
/**
 * Amounts of money.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Writes amounts so that nobody has to guess: a decimal string with the currency's digits, and
 * the same in minor units (cents).
 */
final class Money {

	/** Digits after the point where they are not two (ISO 4217). */
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
	);

	/**
	 * An amount, under its key and with `_minor` after it.
	 *
	 * @param mixed  $amount   A number, or a decimal string with a point.
	 * @param string $currency ISO 4217 code; unknown or empty ones have two digits.
	 * @return array<string, string|int>
	 */
	public static function fields( string $key, mixed $amount, string $currency ): array {
		$digits = self::DIGITS[ strtoupper( $currency ) ] ?? 2;
		$amount = is_numeric( $amount ) ? (float) $amount : 0.0;
		return array(
			$key           => number_format( $amount, $digits, '.', '' ),
			"{$key}_minor" => (int) round( $amount * 10 ** $digits ),
		);
	}
}
