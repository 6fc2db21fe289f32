<?php
/**
 * The page of a webhook.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Admin\Deliveries\Backfill_View;
use Network_Webhooks\Admin\Deliveries\Delivery_Rows;
use Network_Webhooks\Admin\Deliveries\Failures_Box;
use Network_Webhooks\Admin\Deliveries\Recover_View;
use Network_Webhooks\Capabilities;
use Network_Webhooks\Counters;
use Network_Webhooks\Date_Format;
use Network_Webhooks\Endpoint_Url;
use Network_Webhooks\Environment;
use Network_Webhooks\Event_Registry;
use Network_Webhooks\Extension_Messages;
use Network_Webhooks\Site_Addresses;
use Network_Webhooks\Status;
use Network_Webhooks\Webhook;
use Network_Webhooks\Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Network Admin › Webhooks › a webhook: how it is in one sentence, what was delivered and how fast,
 * what waits and what fails, its last deliveries, how it is set, and its history.
 */
final class Webhook_View {

	/** Name of the page among those of the list. */
	public const ACTION = 'view';

	/** Deliveries that are shown. */
	private const ROWS = 10;

	public function __construct( private readonly Webhooks $webhooks, private readonly Event_Registry $registry ) {}

	/**
	 * Address of a webhook's page.
	 */
	public static function url( string $webhook_id, ?Period $period = null ): string {
		return Admin::url(
			array(
				'action'  => self::ACTION,
				'webhook' => $webhook_id,
			) + ( $period ? array( Period::PARAMETER => $period->value ) : array() )
		);
	}

	/**
	 * Prints the page.
	 */
	public function print( Webhook $webhook ): void {
		$period     = Period::of_request();
		$counters   = Counters::read( array( $webhook->id ), $period->hours() );
		$status     = Status::of( $webhook, $counters );
		$may_manage = current_user_can( Capabilities::MANAGE );
		?>
		<div class="wrap network-webhooks-view">
			<h1 class="wp-heading-inline"><?php echo esc_html( $webhook->name ); ?></h1>
			<?php if ( $may_manage ) : ?>
				<a class="page-title-action" href="<?php echo esc_url( self::edit_url( $webhook ) ); ?>"><?php esc_html_e( 'Edit', 'network-webhooks' ); ?></a>
			<?php endif; ?>
			<a class="page-title-action" href="<?php echo esc_url( Admin::url() ); ?>"><?php esc_html_e( 'All Webhooks', 'network-webhooks' ); ?></a>
			<hr class="wp-header-end">
			<p class="network-webhooks-sentence"><strong class="network-webhooks-status is-<?php echo esc_attr( $status->code ); ?>"><?php echo esc_html( $status->label() ); ?></strong> <?php echo esc_html( $this->sentence( $webhook, $status, $counters ) ); ?></p>
			<?php
			if ( $may_manage ) {
				self::print_buttons( $webhook, $status, $counters );
			}
			?>
			<div id="network-webhooks-test" role="status" aria-live="polite"></div>
			<?php
			if ( $counters->are_known() ) {
				$activity = new Activity_Box( $period, $counters->of( $webhook->id ), static fn( Period $other ) => self::url( $webhook->id, $other ) );
				$activity->print();
			}
			if ( Environment::has_extension() ) {
				$rows = new Delivery_Rows( $this->webhooks, $this->registry );
				Failures_Box::of( $webhook->id, $rows )->print();
				self::print_deliveries( $webhook, $rows );
			}
			$this->print_settings( $webhook, $may_manage );
			if ( $may_manage ) {
				Verify_Box::print( $webhook );
				History_Box::print( $webhook );
			}
			?>
			<form id="network-webhooks-row" method="post"><?php Actions::print_nonce(); ?></form>
		</div>
		<?php
	}

	/**
	 * How it is, in a sentence.
	 */
	private function sentence( Webhook $webhook, Status $status, Counters $counters ): string {
		if ( '' !== $status->reason() ) {
			return $status->reason();
		}
		$of = $counters->of( $webhook->id );
		return match ( true ) {
			! $counters->are_known() => __( 'What was sent can’t be read at the moment.', 'network-webhooks' ),
			Status::PAUSED === $status->code => __( 'Its events are kept, and sent once it is resumed.', 'network-webhooks' ),
			Status::FAILING === $status->code => sprintf(
				/* translators: 1: number of attempts, 2: a time span such as 5 mins */
				_n( '%1$s attempt failed in the last %2$s. It is repeated by itself.', '%1$s attempts in a row failed in the last %2$s. They are repeated by themselves.', $of['failures_in_row'], 'network-webhooks' ),
				number_format_i18n( $of['failures_in_row'] ),
				Date_Format::span( (string) $status->since )
			),
			null === $of['last_attempt'] => __( 'Nothing has been sent yet. It waits for its first event.', 'network-webhooks' ),
			/* translators: %s: a time span such as 5 mins */
			default => sprintf( __( 'The last attempt, %s ago, was a success.', 'network-webhooks' ), Date_Format::span( $of['last_attempt'] ) ),
		};
	}

	/**
	 * Prints what can be done with it.
	 */
	private static function print_buttons( Webhook $webhook, Status $status, Counters $counters ): void {
		$button = static fn( string $action, string $text ) => printf(
			'<button class="button" form="network-webhooks-row" formaction="%s" name="webhook" value="%s" data-network-webhooks="%s">%s</button> ',
			esc_url( Actions::url( $action ) ),
			esc_attr( $webhook->id ),
			esc_attr( $action ),
			esc_html( $text )
		);
		echo '<p class="network-webhooks-buttons">';
		$button( 'test', __( 'Send Test Event', 'network-webhooks' ) );
		$webhook->paused ? $button( 'resume', __( 'Resume', 'network-webhooks' ) ) : $button( 'pause', __( 'Pause', 'network-webhooks' ) );
		if ( in_array( $status->code, array( Status::DISABLED, Status::FAILING ), true ) || $counters->waiting( $webhook->id ) ) {
			printf( '<a class="button" href="%s">%s</a> ', esc_url( Recover_View::url( $webhook->id ) ), esc_html__( 'Recover', 'network-webhooks' ) );
		}
		printf( '<a class="button" href="%s">%s</a> ', esc_url( Backfill_View::url( $webhook->id ) ), esc_html__( 'Send Past Events', 'network-webhooks' ) );
		echo '</p>';
	}

	/**
	 * Prints the last deliveries.
	 */
	private static function print_deliveries( Webhook $webhook, Delivery_Rows $rows ): void {
		printf( '<h2>%s</h2>', esc_html__( 'Last deliveries', 'network-webhooks' ) );
		try {
			$found = webhooks_deliveries(
				array(
					'webhook_id' => $webhook->id,
					'limit'      => self::ROWS,
				)
			);
		} catch ( \Exception $error ) {
			printf( '<div class="notice notice-error inline"><p>%s</p></div>', esc_html( Extension_Messages::of( $error ) ) );
			return;
		}
		if ( ! $found['deliveries'] ) {
			printf( '<p>%s</p>', esc_html__( 'No deliveries yet.', 'network-webhooks' ) );
			return;
		}
		echo '<table class="wp-list-table widefat striped network-webhooks-deliveries">';
		Delivery_Rows::print_head();
		echo '<tbody>', $rows->html( $found['deliveries'] ), '</tbody></table>'; // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there.
		printf( '<p><a href="%s">%s</a></p>', esc_url( Admin::url( array( 'webhook' => $webhook->id ), Admin::DELIVERIES ) ), esc_html__( 'All its deliveries', 'network-webhooks' ) );
	}

	/**
	 * Prints how it is set.
	 *
	 * @param bool $may_manage Whether its whole URL may be shown, which can hold keys.
	 */
	private function print_settings( Webhook $webhook, bool $may_manage ): void {
		$url   = new Endpoint_Url( $webhook->url );
		$sites = new Site_Addresses();
		$sites->prepare( array( $webhook ) );
		$rows = array(
			__( 'URL', 'network-webhooks' )    => $may_manage ? $webhook->url : $url->host,
			__( 'Events', 'network-webhooks' ) => implode( ', ', array_map( fn( string $event ) => $this->registry->name( $event ), $webhook->events() ) ),
			__( 'Sites', 'network-webhooks' )  => $sites->describe( $webhook ),
		);
		printf( '<h2>%s</h2><table class="widefat striped network-webhooks-parts"><tbody>', esc_html__( 'Settings', 'network-webhooks' ) );
		foreach ( $rows as $name => $value ) {
			printf( '<tr><th scope="row">%s</th><td><bdi>%s</bdi></td></tr>', esc_html( $name ), esc_html( $value ) );
		}
		if ( $may_manage && '' !== $webhook->secret() ) {
			printf( '<tr><th scope="row">%s</th><td><a href="%s">%s</a></td></tr>', esc_html__( 'Secret', 'network-webhooks' ), esc_url( self::edit_url( $webhook ) ), esc_html__( 'Show or change it', 'network-webhooks' ) );
		}
		echo '</tbody></table>';
	}

	/**
	 * Address of its form.
	 */
	private static function edit_url( Webhook $webhook ): string {
		return Admin::url(
			array(
				'action'  => 'edit',
				'webhook' => $webhook->id,
			)
		);
	}
}
