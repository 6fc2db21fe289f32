<?php
/**
 * How the receiver knows us, and how we know it.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Form;

use Network_Webhooks\Environment;
use Network_Webhooks\Kept_Secrets;
use Network_Webhooks\Limits;
use Network_Webhooks\Webhook;

defined( 'ABSPATH' ) || exit;

/**
 * Signature, secret, headers and certificate authorities. A secret is shown when it is new, and
 * after that only to somebody who asks for it, which the history keeps.
 */
final class Security_Group implements Field_Group {

	/** Stands for what is not shown. */
	public const MASK = '••••••••';

	/**
	 * @param bool $reveal Whether this page may show the secret.
	 */
	public function __construct( private readonly bool $reveal = false ) {}

	/**
	 * What stands in its inputs for a webhook.
	 *
	 * @return array<string, string>
	 */
	public function show( Webhook $webhook ): array {
		return array(
			'signature'      => (string) $webhook->setting( 'signature' ),
			'secret_change'  => 'keep',
			'secret_overlap' => '1d',
			'secret_own'     => '',
			'headers'        => self::masked( $webhook->setting( 'headers' ) ),
			'keys'           => self::masked( $webhook->setting( 'keys' ) ),
			'ca_file'        => (string) $webhook->setting( 'ca_file' ),
		);
	}

	/**
	 * What its inputs say.
	 *
	 * @return array<string, mixed>
	 */
	public function read( Form_Input $typed, Webhook $old, Errors $errors ): array {
		$ca_file = trim( $typed->text( 'ca_file' ) );
		return array(
			'signature' => $typed->text( 'signature' ),
			'secrets'   => $this->secrets( $typed, $old, $errors ),
			'headers'   => $this->named( 'headers', $typed, $old, $errors ),
			'keys'      => $this->named( 'keys', $typed, $old, $errors ),
			'ca_file'   => '' === $ca_file ? null : $ca_file,
		);
	}

	/**
	 * Prints its inputs.
	 */
	public function print( Fields $fields, ?Webhook $old ): void {
		$fields->select(
			'signature',
			__( 'Signature', 'network-webhooks' ),
			array(
				'v1'   => __( 'HMAC-SHA256 with a shared secret (v1)', 'network-webhooks' ),
				'v1a'  => __( 'ed25519 with a public key (v1a)', 'network-webhooks' ),
				'none' => __( 'None', 'network-webhooks' ),
			),
			__( 'By Standard Webhooks 1.0.0. A receiver that can’t verify it does not notice it. Default: HMAC-SHA256.', 'network-webhooks' )
		);
		if ( $old && ! $this->reveal ) {
			$this->print_secret( $fields, $old );
		}
		$change = array( 'keep' => $old ? __( 'Keep the secret', 'network-webhooks' ) : __( 'Make a secret', 'network-webhooks' ) )
			+ ( $old ? array( 'new' => __( 'Make a new secret', 'network-webhooks' ) ) : array() )
			+ array( 'own' => __( 'Use this secret:', 'network-webhooks' ) );
		$fields->group(
			'secret_own',
			$old ? __( 'Change the secret', 'network-webhooks' ) : __( 'Secret', 'network-webhooks' ),
			__( 'Begins with <code>whsec_</code>, for ed25519 with <code>whsk_</code>; the rest is base64.', 'network-webhooks' ),
			function () use ( $fields, $change ): void {
				foreach ( $change as $value => $text ) {
					printf(
						'<label><input type="radio" name="secret_change" value="%s"%s> %s</label>%s',
						esc_attr( $value ),
						checked( $value, $fields->typed->text( 'secret_change' ), false ),
						esc_html( $text ),
						'own' === $value ? ' ' : '<br>'
					);
				}
				$more = array(
					'class'      => 'regular-text code',
					'aria-label' => __( 'Secret of your own', 'network-webhooks' ),
					'value'      => $fields->typed->text( 'secret_own' ),
				);
				printf( '<input type="password" autocomplete="new-password"%s>', $fields->attributes( 'secret_own', 'help', $more ) ); // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there.
			}
		);
		if ( $old ) {
			$fields->select(
				'secret_overlap',
				__( 'The old secret', 'network-webhooks' ),
				array(
					'0'  => __( 'ends at once', 'network-webhooks' ),
					'1h' => __( 'signs for another hour', 'network-webhooks' ),
					'1d' => __( 'signs for another day', 'network-webhooks' ),
					'7d' => __( 'signs for another week', 'network-webhooks' ),
				),
				__( 'Where the secret is changed. Until then both sign, so that the receiver can change over without losing an event.', 'network-webhooks' )
			);
		}
		$fields->lines(
			'headers',
			__( 'Headers', 'network-webhooks' ),
			/* translators: %s: dots that stand for a value */
			sprintf( __( 'Sent with every request, one on each line: <code>Authorization: Bearer abc</code>. Values are kept like secrets: %s stands for one that is stored.', 'network-webhooks' ), '<code>' . self::MASK . '</code>' )
		);
		$fields->lines(
			'keys',
			__( 'Keys of the URL', 'network-webhooks' ),
			/* translators: %s: dots that stand for a value */
			sprintf( __( 'Secret values for the URL, one on each line: <code>token: 123:abc</code> is what <code>{{ keys.token }}</code> stands for there. The log shows dots in their place. %s stands for one that is stored.', 'network-webhooks' ), '<code>' . self::MASK . '</code>' ),
			array( 'rows' => 2 )
		);
		$fields->text(
			'ca_file',
			__( 'Certificate authorities', 'network-webhooks' ),
			__( 'Path on the server of a PEM file with authorities to trust besides the usual ones, for endpoints of your own network.', 'network-webhooks' ),
			array( 'class' => 'large-text code' )
		);
	}

	/**
	 * Whether this page shows the secret.
	 */
	public function reveals(): bool {
		return $this->reveal;
	}

	/**
	 * Prints the secret, or what to do to see it.
	 */
	public function print_secret( Fields $fields, Webhook $webhook ): void {
		$secret = $webhook->secret();
		if ( '' === $secret ) {
			return;
		}
		$help = __( 'Give it to the receiver, so that it can tell your events from forged ones, and to nobody else.', 'network-webhooks' );
		if ( str_starts_with( $secret, 'whsk_' ) && Environment::has_extension() ) {
			$key = webhooks_public_key( $secret );
			$fields->row(
				'public_key',
				__( 'Public key', 'network-webhooks' ),
				__( 'Give it to the receiver, so that it can tell your events from forged ones. It is no secret.', 'network-webhooks' ),
				fn() => printf( '<input type="text" readonly class="large-text code" id="network-webhooks-public_key" value="%s" data-network-webhooks-copy>', esc_attr( $key ) )
			);
			$help = __( 'The private key, which signs. Nobody but you needs it.', 'network-webhooks' );
		}
		if ( $this->reveal ) {
			$fields->row(
				'secret',
				__( 'Secret', 'network-webhooks' ),
				$help,
				fn() => printf( '<input type="text" readonly class="large-text code" id="network-webhooks-secret" value="%s" aria-describedby="network-webhooks-secret-help" data-network-webhooks-copy>', esc_attr( $secret ) )
			);
			return;
		}
		$fields->group(
			'secret',
			__( 'Secret', 'network-webhooks' ),
			__( 'Showing it is written to the webhook’s history.', 'network-webhooks' ),
			fn() => printf(
				'<code>%s%s</code> <button type="submit" class="button button-small" formaction="%s" formnovalidate>%s</button>',
				esc_html( substr( $secret, 0, (int) strpos( $secret, '_' ) + 1 ) ),
				esc_html( self::MASK ),
				esc_url( \Network_Webhooks\Admin\Actions::url( 'reveal' ) ),
				esc_html__( 'Show the secret', 'network-webhooks' )
			)
		);
	}

	/**
	 * The secrets: the newest first, older ones for as long as they still sign. Those of one kind
	 * can't sign beside those of the other.
	 *
	 * @return list<array{secret: string, until?: int}>
	 */
	private function secrets( Form_Input $typed, Webhook $old, Errors $errors ): array {
		$signature = $typed->text( 'signature' );
		$kind      = 'v1a' === $signature ? 'whsk_' : 'whsec_';
		$kept      = array_values(
			array_filter(
				$old->secrets(),
				static fn( array $one ) => ( 'none' === $signature || str_starts_with( $one['secret'], $kind ) ) && ( $one['until'] ?? PHP_INT_MAX ) > time()
			)
		);
		// Not a new one by itself: the receiver knows the one that is lost.
		if ( 'keep' === $typed->text( 'secret_change' ) && 'none' !== $signature && str_starts_with( (string) $old->lost(), 'secrets' ) ) {
			$errors->add( 'secret_own', Kept_Secrets::reason() );
			return $old->settings['secrets'];
		}
		$new = match ( $typed->text( 'secret_change' ) ) {
			'new' => Webhook::new_secret( $signature ),
			'own' => trim( $typed->text( 'secret_own' ) ),
			default => $kept ? null : Webhook::new_secret( $signature ),
		};
		if ( null === $new || ( $kept && $new === $kept[0]['secret'] ) ) {
			return $kept;
		}
		if ( '' === $new ) {
			$errors->add( 'secret_own', __( 'Type or paste the secret.', 'network-webhooks' ) );
		}
		$until = time() + (int) \Network_Webhooks\Duration::parse( $typed->text( 'secret_overlap' ) );
		$older = array();
		// A webhook that was never stored has no receiver that knows its secret.
		foreach ( $old->is_stored() && $until > time() ? $kept : array() as $one ) {
			$older[] = array(
				'secret' => $one['secret'],
				'until'  => min( $until, $one['until'] ?? $until ),
			);
		}
		// Whoever changed it very often keeps those that the receiver may still know: the newest.
		return array( array( 'secret' => $new ), ...array_slice( $older, 0, Limits::max( 'secrets' ) - 1 ) );
	}

	/**
	 * Names with dots for their values, a line each.
	 *
	 * @param list<array{name: string, value: mixed}> $named
	 */
	private static function masked( array $named ): string {
		return implode( "\n", array_map( static fn( array $one ) => $one['name'] . ': ' . self::MASK, $named ) );
	}

	/**
	 * The headers or keys. The mask stands for the stored value of that name, and where there are several,
	 * for the next one of them.
	 *
	 * @param string $input headers or keys.
	 * @return list<array{name: string, value: string}>
	 */
	private function named( string $input, Form_Input $typed, Webhook $old, Errors $errors ): array {
		$stored = array();
		$named  = array();
		foreach ( $old->setting( $input ) as $one ) {
			$stored[ strtolower( $one['name'] ) ][] = $one['value'];
		}
		foreach ( $typed->lines( $input ) as $line ) {
			list( $name, $value ) = array_map( 'trim', explode( ':', $line, 2 ) ) + array( '', '' );
			if ( self::MASK === $value ) {
				$values = $stored[ strtolower( $name ) ] ?? array( '' );
				$value  = array_shift( $values );
				if ( $values ) {
					$stored[ strtolower( $name ) ] = $values;
				}
				if ( ! is_string( $value ) ) {
					$errors->add( $input, "$name: " . Kept_Secrets::reason() );
				} elseif ( '' === $value ) {
					$said = 'keys' === $input
						/* translators: %s: name of a key */
						? __( 'No value is stored for the key %s: type it.', 'network-webhooks' )
						/* translators: %s: name of a header */
						: __( 'No value is stored for the header %s: type it.', 'network-webhooks' );
					$errors->add( $input, sprintf( $said, $name ) );
				}
			} elseif ( '' === $value ) {
				$said = 'keys' === $input
					/* translators: %s: what was typed */
					? __( 'A key is written as “name: value”, and “%s” is not.', 'network-webhooks' )
					/* translators: %s: what was typed */
					: __( 'A header is written as “Name: value”, and “%s” is not.', 'network-webhooks' );
				$errors->add( $input, sprintf( $said, $name ) );
			}
			$named[] = array(
				'name'  => $name,
				'value' => $value,
			);
		}
		return $named;
	}
}
