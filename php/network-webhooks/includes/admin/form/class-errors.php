<?php
/**
 * What is wrong with a form.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Form;

use Network_Webhooks\Refusal;
use Network_Webhooks\Set_Aside;

defined( 'ABSPATH' ) || exit;

/**
 * One sentence for each input that has to be changed.
 */
final class Errors {

	/** Fields of webhooks_configure() that stand in an input of another name. */
	private const INPUTS = array(
		'sites'   => 'site_list',
		'secrets' => 'secret_own',
	);

	/**
	 * @param array<string, string> $sentences Name of an input → what is wrong with it.
	 */
	public function __construct( private array $sentences = array() ) {}

	/**
	 * Adds one; the first of an input stays.
	 */
	public function add( string $input, string $sentence ): void {
		$this->sentences[ $input ] ??= $sentence;
	}

	/**
	 * What is wrong with an input; empty: nothing.
	 */
	public function of( string $input ): string {
		return $this->sentences[ $input ] ?? '';
	}

	/**
	 * All of them.
	 *
	 * @return array<string, string>
	 */
	public function all(): array {
		return $this->sentences;
	}

	/**
	 * Whether any of some inputs is wrong.
	 *
	 * @param list<string> $inputs
	 */
	public function concern( array $inputs ): bool {
		return (bool) array_intersect( $inputs, array_keys( $this->sentences ) );
	}

	/**
	 * Says at one input what is wrong with others, which are not shown.
	 *
	 * @param list<string> $inputs
	 * @param string       $better Where an input that begins so says what is wrong, nothing is added.
	 */
	public function gather( string $into, array $inputs, string $better ): void {
		$hidden          = array_intersect_key( $this->sentences, array_flip( $inputs ) );
		$this->sentences = array_diff_key( $this->sentences, $hidden );
		$says            = array_filter( array_keys( $this->sentences ), static fn( string $input ) => str_starts_with( $input, $better ) );
		if ( $hidden && ! $says ) {
			$this->add( $into, (string) reset( $hidden ) );
		}
	}

	/**
	 * Adds what the extension says of a field, in the reader's language.
	 *
	 * @param string $field As it names it: `headers[2]`, `rate_limit.count`.
	 */
	public function add_refusal( string $field, string $message ): void {
		$name = (string) preg_replace( '/[\[.].*$/s', '', $field );
		$this->add( self::INPUTS[ $name ] ?? $name, Set_Aside::text( $message ) );
	}

	/**
	 * Adds what webhooks_configure() threw, if it is about a field of this webhook.
	 *
	 * @return bool Whether it is.
	 */
	public function add_exception( \Throwable $error, string $webhook ): bool {
		if ( $error instanceof Refusal ) {
			$is_ours = $error->webhook_id === $webhook;
			if ( $is_ours ) {
				$this->add_refusal( $error->field, $error->reason );
			}
			return $is_ours;
		}
		$pattern = '/^webhook "?' . preg_quote( $webhook, '/' ) . '"?: ([a-z_]+(?:\[\d+\])?(?:\.[a-z_]+)?): (.+)$/s';
		if ( ! $error instanceof \Webhooks\Exception || 1 !== preg_match( $pattern, $error->getMessage(), $parts ) ) {
			return false;
		}
		$this->add_refusal( $parts[1], $parts[2] );
		return true;
	}
}
