<?php
/**
 * One delivery.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Deliveries;

use Network_Webhooks\Admin\Actions;
use Network_Webhooks\Admin\Admin;
use Network_Webhooks\Capabilities;
use Network_Webhooks\Date_Format;
use Network_Webhooks\Endpoint_Url;
use Network_Webhooks\Event_Registry;
use Network_Webhooks\Extension_Messages;
use Network_Webhooks\Failure;
use Network_Webhooks\Site_Addresses;
use Network_Webhooks\Webhook;
use Network_Webhooks\Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * A delivery with its attempts: when, how long, what was answered, what comes next; and request
 * and response, which those who may only look don't see.
 */
final class Delivery_View {

	public function __construct( private readonly Webhooks $webhooks, private readonly Event_Registry $registry ) {}

	/**
	 * Address of a delivery's page.
	 */
	public static function url( string $id ): string {
		return Admin::url( array( 'delivery' => $id ), Admin::DELIVERIES );
	}

	/**
	 * Prints the page.
	 */
	public function print( string $id ): void {
		?>
		<div class="wrap">
			<h1 class="wp-heading-inline"><?php esc_html_e( 'Delivery', 'network-webhooks' ); ?></h1>
			<a class="page-title-action" href="<?php echo esc_url( Admin::url( array(), Admin::DELIVERIES ) ); ?>"><?php esc_html_e( 'All Deliveries', 'network-webhooks' ); ?></a>
			<hr class="wp-header-end">
			<?php
			try {
				$delivery = webhooks_delivery( $id );
				if ( $delivery ) {
					$this->print_delivery( $delivery );
				} else {
					printf( '<div class="notice notice-error inline"><p>%s</p></div>', esc_html__( 'There is no such delivery. The log keeps them for 30 days.', 'network-webhooks' ) );
				}
			} catch ( \Exception $error ) {
				printf( '<div class="notice notice-error inline"><p>%s</p></div>', esc_html( Extension_Messages::of( $error ) ) );
			}
			?>
		</div>
		<?php
	}

	/**
	 * Prints what is known.
	 *
	 * @param array<string, mixed> $delivery As webhooks_delivery() gives it.
	 */
	private function print_delivery( array $delivery ): void {
		$webhook = $this->webhooks->find( $delivery['webhook_id'] );
		$manages = current_user_can( Capabilities::MANAGE );
		$event   = $this->registry->name( $delivery['event'] );
		$facts   = array(
			__( 'Event', 'network-webhooks' )    => $event === $delivery['event'] ? $event : "$event ({$delivery['event']})",
			__( 'Event id', 'network-webhooks' ) => $delivery['event_id'],
			__( 'Webhook', 'network-webhooks' )  => $webhook->name ?? $delivery['webhook_id'],
			__( 'Site', 'network-webhooks' )     => Site_Addresses::name_of( (int) $delivery['site_id'] ),
			__( 'Source', 'network-webhooks' )   => $delivery['source'],
			__( 'Happened', 'network-webhooks' ) => Date_Format::exact( $delivery['created'] ),
			// Where the log knows several.
			__( 'Taken in by', 'network-webhooks' ) => $delivery['server'] ?? '',
		);
		?>
		<p><?php echo Delivery_State::html( $delivery['state'] ); // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there. ?> <?php echo esc_html( Delivery_State::reason( $delivery['reason'] ) ); ?></p>
		<dl class="network-webhooks-facts">
			<?php foreach ( array_filter( $facts, 'strlen' ) as $name => $value ) : ?>
				<div><dt><?php echo esc_html( $name ); ?></dt><dd><?php echo esc_html( $value ); ?></dd></div>
			<?php endforeach; ?>
		</dl>
		<?php if ( $manages && ! in_array( $delivery['state'], array( 'pending', 'delivering' ), true ) ) : ?>
			<form method="post" action="<?php echo esc_url( Actions::url( 'resend' ) ); ?>">
				<?php Actions::print_nonce(); ?>
				<button class="button button-primary" name="delivery" value="<?php echo esc_attr( $delivery['id'] ); ?>"><?php esc_html_e( 'Resend', 'network-webhooks' ); ?></button>
			</form>
		<?php endif; ?>
		<h2><?php esc_html_e( 'Timeline', 'network-webhooks' ); ?></h2>
		<?php
		$this->print_timeline( $delivery );
		( new Event_Deliveries( new Delivery_Rows( $this->webhooks, $this->registry ) ) )->print( $delivery );
		if ( ! $manages ) {
			printf( '<p>%s</p>', esc_html__( 'Request and response are shown to those who manage webhooks.', 'network-webhooks' ) );
			return;
		}
		$this->print_exchange( $delivery, $webhook );
	}

	/**
	 * Prints what happened, oldest first: the event, the attempts, and how it ended or goes on.
	 *
	 * @param array<string, mixed> $delivery
	 */
	private function print_timeline( array $delivery ): void {
		echo '<ol class="network-webhooks-timeline">';
		printf( '<li><p><strong>%s</strong> %s</p></li>', esc_html( Date_Format::exact( $delivery['created'] ) ), esc_html__( 'The event happened.', 'network-webhooks' ) );
		foreach ( $delivery['attempts_made'] as $attempt ) {
			$time = number_format_i18n( $attempt['duration_ms'], $attempt['duration_ms'] < 10 ? 1 : 0 );
			$said = $attempt['status']
				/* translators: 1: HTTP status, 2: number of milliseconds */
				? sprintf( __( 'answered %1$d after %2$s ms', 'network-webhooks' ), $attempt['status'], $time )
				/* translators: 1: cause such as “out of time”, 2: number of milliseconds */
				: sprintf( __( 'no answer (%1$s) after %2$s ms', 'network-webhooks' ), Failure::cause( (string) ( $attempt['failure']['code'] ?? '' ) ), $time );
			printf(
				'<li class="%s"><p><strong>%s</strong> %s%s</p>',
				$attempt['failure'] ? 'is-failed' : 'is-delivered',
				esc_html( Date_Format::exact( $attempt['started'] ) ),
				esc_html( $said ),
				$attempt['address'] ? ' <code>' . esc_html( $attempt['address'] ) . '</code>' : ''
			);
			if ( isset( $delivery['server'], $attempt['server'] ) ) {
				/* translators: %s: name of a server */
				printf( '<p class="description">%s</p>', esc_html( sprintf( __( 'Sent by the server %s.', 'network-webhooks' ), $attempt['server'] ) ) );
			}
			$waited = Waited_For::sentence( $attempt['waited_for'] ?? null );
			if ( '' !== $waited ) {
				printf( '<p class="description">%s</p>', esc_html( $waited ) );
			}
			if ( $attempt['failure'] ) {
				printf( '<p>%s</p>', esc_html( Failure::sentence( $attempt ) ) );
				if ( ! $attempt['status'] ) {
					/* translators: 1: part of a request, such as connecting, 2: message */
					printf( '<p class="description">%s</p>', esc_html( sprintf( __( '%1$s: %2$s', 'network-webhooks' ), Failure::phase( $attempt['failure']['phase'] ), Extension_Messages::translated( $attempt['failure']['message'] ) ) ) );
				}
			}
			if ( isset( $attempt['remark'] ) ) {
				/* translators: %s: what was wrong with an answer whose status counts all the same */
				printf( '<p class="description">%s</p>', esc_html( sprintf( __( 'The status counts, but %s', 'network-webhooks' ), Extension_Messages::translated( $attempt['remark']['message'] ) ) ) );
			}
			$next = self::next( $attempt );
			echo '' === $next ? '' : '<p>' . esc_html( $next ) . '</p>', '</li>';
		}
		$last = $delivery['attempts_made'] ? end( $delivery['attempts_made'] )['next'] : '';
		if ( $delivery['settled'] && $last !== $delivery['state'] ) {
			printf( '<li><p><strong>%s</strong> %s</p></li>', esc_html( Date_Format::exact( $delivery['settled'] ) ), esc_html( Delivery_State::label( $delivery['state'] ) ) );
		} elseif ( '' === $last ) {
			printf( '<li><p>%s</p></li>', esc_html__( 'No attempt was made yet.', 'network-webhooks' ) );
		}
		echo '</ol>';
	}

	/**
	 * What came after an attempt.
	 *
	 * @param array<string, mixed> $attempt
	 */
	private static function next( array $attempt ): string {
		if ( $attempt['next_at'] ) {
			/* translators: %s: date and time */
			return sprintf( __( 'Next attempt: %s', 'network-webhooks' ), Date_Format::exact( $attempt['next_at'] ) );
		}
		return $attempt['failure'] ? Delivery_State::label( $attempt['next'] ) : '';
	}

	/**
	 * Prints request and response of the last attempt.
	 *
	 * @param array<string, mixed> $delivery
	 */
	private function print_exchange( array $delivery, ?Webhook $webhook ): void {
		$attempt = $delivery['attempts_made'] ? end( $delivery['attempts_made'] ) : null;
		$body    = $delivery['body'];
		$altered = self::altered( $body );
		if ( $altered ) {
			/* translators: %s: paths such as data.order.total */
			printf( '<div class="notice notice-warning inline"><p>%s</p></div>', esc_html( sprintf( __( 'These values have no form as JSON, or were too long, and were mended: %s', 'network-webhooks' ), implode( ', ', $altered ) ) ) );
		}
		echo '<h2>' . esc_html__( 'Request', 'network-webhooks' ) . '</h2>';
		if ( null === $body ) {
			printf( '<p>%s</p>', esc_html__( 'Its body is not kept any more, or was never kept, as the webhook is set.', 'network-webhooks' ) );
		}
		$url = (string) ( $attempt['url'] ?? '' );
		if ( '' !== $url ) {
			printf( '<p><code>%s</code></p>', esc_html( self::method( $attempt, $webhook ) . " $url" ) );
		}
		self::print_headers( $attempt['request_headers'] ?? array() );
		if ( null !== $body ) {
			self::print_text( __( 'Body', 'network-webhooks' ), self::pretty( $body ) );
			self::print_command( $attempt, $body, $webhook );
		}
		if ( $attempt && $attempt['status'] ) {
			/* translators: %d: HTTP status */
			echo '<h2>' . esc_html( sprintf( __( 'Response: %d', 'network-webhooks' ), $attempt['status'] ) ) . '</h2>';
			self::print_headers( $attempt['response_headers'] );
			if ( '' !== $attempt['response_body'] ) {
				self::print_text( __( 'Body', 'network-webhooks' ), self::pretty( $attempt['response_body'] ) );
			}
		}
	}

	/**
	 * Prints the request as a command, where one was made and it is known where it went.
	 *
	 * @param array<string, mixed>|null $attempt
	 */
	private static function print_command( ?array $attempt, string $body, ?Webhook $webhook ): void {
		$url = (string) ( $attempt['url'] ?? '' );
		if ( ! $attempt ) {
			return;
		}
		if ( '' === $url ) {
			if ( $webhook && $attempt['address'] ) {
				// Of an attempt of an older version it is not known where it went.
				printf( '<p class="description">%s</p>', esc_html__( 'The URL of this request was not recorded. The command has the one that the webhook has now.', 'network-webhooks' ) );
				self::print_text( 'curl', Curl_Command::of( $webhook->url, $attempt['request_headers'], $body, self::method( $attempt, $webhook ) ), true );
			}
			return;
		}
		$is_now = $webhook && ( new Endpoint_Url( $webhook->url ) )->is_recorded_as( $url );
		if ( ! $is_now && str_contains( $url, Endpoint_Url::DOTS ) ) {
			printf( '<p class="description">%s</p>', esc_html__( 'Of the URL that this went to, the log keeps dots in the place of what may be a key.', 'network-webhooks' ) );
		}
		self::print_text( 'curl', Curl_Command::of( $is_now ? $webhook->url : $url, $attempt['request_headers'], $body, self::method( $attempt, $webhook ) ), true );
	}

	/**
	 * The method of an attempt. Of one of an older version it is not known: what the webhook has now.
	 *
	 * @param array<string, mixed>|null $attempt
	 */
	private static function method( ?array $attempt, ?Webhook $webhook ): string {
		return (string) ( $attempt['method'] ?? $webhook?->setting( 'method' ) ?? Webhook::DEFAULTS['method'] );
	}

	/**
	 * Prints headers.
	 *
	 * @param array<string, string|list<string>> $headers
	 */
	private static function print_headers( array $headers ): void {
		if ( ! $headers ) {
			return;
		}
		$text = '';
		foreach ( $headers as $name => $values ) {
			foreach ( (array) $values as $value ) {
				$text .= "$name: $value\n";
			}
		}
		self::print_text( __( 'Headers', 'network-webhooks' ), $text );
	}

	/**
	 * Prints a text that can be copied.
	 */
	private static function print_text( string $title, string $text, bool $closed = false ): void {
		printf(
			'<details%1$s><summary>%2$s</summary><pre tabindex="0" role="group" aria-label="%3$s" data-network-webhooks-copy>%4$s</pre></details>',
			$closed ? '' : ' open',
			esc_html( $title ),
			esc_attr( $title ),
			// esc_html() leaves entities that are there as they are, and this is what was sent.
			htmlspecialchars( $text, ENT_QUOTES | ENT_SUBSTITUTE, 'UTF-8', true ) // phpcs:ignore WordPress.Security.EscapeOutput -- what was sent, byte for byte; escaped here.
		);
	}

	/**
	 * JSON in lines; any other bytes as text.
	 */
	private static function pretty( string $bytes ): string {
		$value = json_decode( $bytes );
		return null === $value ? $bytes : (string) json_encode( $value, JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION );
	}

	/**
	 * The paths that were mended.
	 *
	 * @return list<string>
	 */
	private static function altered( ?string $body ): array {
		$event = null === $body ? null : json_decode( $body, true );
		$paths = is_array( $event ) ? $event['altered'] ?? array() : array();
		return is_array( $paths ) ? array_filter( $paths, 'is_string' ) : array();
	}
}
