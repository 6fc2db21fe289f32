<?php
/**
 * Many deliveries at once.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Deliveries;

use Network_Webhooks\Admin\Actions;
use Network_Webhooks\Admin\Admin;
use Network_Webhooks\Date_Format;
use Network_Webhooks\Event_Registry;
use Network_Webhooks\Extension_Messages;
use Network_Webhooks\Failure;
use Network_Webhooks\Site_Addresses;
use Network_Webhooks\Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Says how many deliveries a filter has, and asks before all of them are sent again or cancelled.
 */
final class Bulk_View {

	/** Name of the field that says which states are meant, where the filter does not. */
	public const WHICH = 'which';

	/** Name of the field that has the filter's own end, as it was typed. */
	public const UNTIL = 'typed_until';

	/** Every state that can be sent again, as WHICH has it. */
	private const EVERY = 'every';

	/** How many are counted: beyond, the page would wait for it. */
	private const COUNTED = 100000;

	/** The states that each action can change; the first is meant where nothing is said. */
	private const CHANGES = array(
		'resend' => array( 'failed', 'held', 'delivered', 'cancelled', 'expired' ),
		'cancel' => Delivery_State::WAITING,
	);

	public function __construct( private readonly Webhooks $webhooks, private readonly Event_Registry $registry ) {}

	/**
	 * Address of the page for a filter.
	 */
	public static function url( Delivery_Query $query ): string {
		return $query->url(
			array(
				'action' => 'bulk',
				'before' => '',
			)
		);
	}

	/**
	 * The cause that a filter has, in words.
	 */
	public static function cause( Delivery_Query $query ): string {
		$cause = Delivery_Query::cause_of( $query->typed( 'cause' ) );
		return $cause['status'] ? (string) $cause['status'] : Failure::cause( $cause['failure'] );
	}

	/**
	 * The filter of an action: what it can't change is left out. What is sent again is what failed,
	 * unless something else is asked for.
	 *
	 * @param string $which A state that can be sent again, EVERY or empty; heeded where the filter names no state.
	 * @return array<string, mixed>|null Null: it can't change anything of that filter.
	 * @throws \InvalidArgumentException Says which part of the filter can't be understood.
	 */
	public static function filter( Delivery_Query $query, string $action, string $which ): ?array {
		$filter = $query->filter();
		$states = self::CHANGES[ $action ];
		if ( isset( $filter['state'] ) ) {
			return in_array( $filter['state'], $states, true ) ? $filter : null;
		}
		if ( 'resend' === $action && self::EVERY !== $which ) {
			$states = in_array( $which, $states, true ) ? $which : $states[0];
		}
		return array( 'state' => $states ) + $filter;
	}

	/**
	 * Prints the page.
	 */
	public function print(): void {
		$query = Delivery_Query::of( $_GET );
		// Only chooses what is counted.
		$which = sanitize_key( wp_unslash( (string) ( $_GET[ self::WHICH ] ?? '' ) ) );
		?>
		<div class="wrap">
			<h1><?php esc_html_e( 'Resend or Cancel Deliveries', 'network-webhooks' ); ?></h1>
			<?php
			try {
				$this->print_forms( $query, $query->until_now(), $which );
			} catch ( \Exception $error ) {
				printf( '<div class="notice notice-error inline" role="alert"><p>%s</p></div>', esc_html( Extension_Messages::of( $error ) ) );
			}
			?>
			<p><a class="button" href="<?php echo esc_url( $query->url() ); ?>"><?php esc_html_e( 'Back to the deliveries', 'network-webhooks' ); ?></a></p>
		</div>
		<?php
	}

	/**
	 * Prints which deliveries the filter leaves.
	 */
	private function print_facts( Delivery_Query $typed ): void {
		$webhook = $typed->typed( 'webhook' );
		$event   = $typed->typed( 'event' );
		$site    = $typed->typed( 'site' );
		$facts   = array(
			__( 'Webhook', 'network-webhooks' ) => '' === $webhook ? '' : $this->webhooks->find( $webhook )->name ?? $webhook,
			__( 'Event', 'network-webhooks' )   => '' === $event ? '' : $this->registry->name( $event ),
			__( 'State', 'network-webhooks' )   => Delivery_State::labels()[ $typed->typed( 'state' ) ] ?? '',
			__( 'Site', 'network-webhooks' )    => ctype_digit( $site ) ? Site_Addresses::name_of( (int) $site ) : $site,
			__( 'Search', 'network-webhooks' )  => $typed->typed( 's' ),
			__( 'From', 'network-webhooks' )    => $typed->typed( 'since' ),
		);
		echo '<dl class="network-webhooks-facts">';
		foreach ( array_filter( $facts, 'strlen' ) as $name => $value ) {
			printf( '<div><dt>%s</dt><dd>%s</dd></div>', esc_html( $name ), esc_html( $value ) );
		}
		echo '</dl>';
	}

	/**
	 * Prints what is meant, and a form for each action with how many it would change.
	 *
	 * @param Delivery_Query $typed  As it was asked for.
	 * @param Delivery_Query $frozen The same, with an end: what comes later is not taken.
	 */
	private function print_forms( Delivery_Query $typed, Delivery_Query $frozen, string $which ): void {
		$this->print_facts( $typed );
		if ( '' !== $typed->typed( 'cause' ) ) {
			/* translators: %s: status such as 401 or a cause such as “out of time” */
			printf( '<p>%s</p>', esc_html( sprintf( __( 'Only what failed for this cause: %s', 'network-webhooks' ), self::cause( $typed ) ) ) );
		}
		/* translators: %s: date and time */
		printf( '<p>%s</p>', esc_html( sprintf( __( 'This is about deliveries up to %s. Later ones are not taken.', 'network-webhooks' ), Date_Format::exact( $frozen->typed( 'until' ) ) ) ) );
		if ( '' === $typed->typed( 'state' ) ) {
			self::print_states( $typed, $which );
		}
		$resend = self::filter( $frozen, 'resend', $which );
		$cancel = self::filter( $frozen, 'cancel', $which );
		if ( $resend ) {
			$count = webhooks_count( $resend, self::COUNTED + 1 );
			/* translators: %s: number of deliveries */
			$this->print_form( $typed, $frozen, 'resend', $which, $count, sprintf( _n( 'Resend %s delivery', 'Resend %s deliveries', $count, 'network-webhooks' ), Delivery_Table::number( $count, self::COUNTED ) ), __( 'Each is sent again with the same event id, so a receiver that has had it can tell. Those whose body is not kept any more stay as they are.', 'network-webhooks' ) );
		}
		if ( $cancel ) {
			$count = webhooks_count( $cancel, self::COUNTED + 1 );
			/* translators: %s: number of deliveries */
			$this->print_form( $typed, $frozen, 'cancel', $which, $count, sprintf( _n( 'Cancel %s waiting delivery', 'Cancel %s waiting deliveries', $count, 'network-webhooks' ), Delivery_Table::number( $count, self::COUNTED ) ), __( 'They are not sent any more, and stay in the list as cancelled.', 'network-webhooks' ) );
		}
	}

	/**
	 * Prints the choice of what is sent again.
	 */
	private static function print_states( Delivery_Query $query, string $which ): void {
		$states = array_intersect_key( array_replace( array_flip( self::CHANGES['resend'] ), Delivery_State::labels() ), array_flip( self::CHANGES['resend'] ) );
		echo '<form method="get">';
		printf( '<input type="hidden" name="page" value="%s"><input type="hidden" name="action" value="bulk">', esc_attr( Admin::DELIVERIES ) );
		foreach ( $query->parts() as $part => $value ) {
			printf( '<input type="hidden" name="%s" value="%s">', esc_attr( $part ), esc_attr( $value ) );
		}
		printf( '<p><label for="network-webhooks-which">%1$s</label> <select id="network-webhooks-which" name="%2$s">', esc_html__( 'Resend deliveries that are', 'network-webhooks' ), esc_attr( self::WHICH ) );
		foreach ( $states + array( self::EVERY => __( 'in any of these states', 'network-webhooks' ) ) as $state => $label ) {
			printf( '<option value="%s" %s>%s</option>', esc_attr( $state ), selected( $which, $state, false ), esc_html( $label ) );
		}
		echo '</select> ';
		submit_button( __( 'Count', 'network-webhooks' ), '', '', false );
		echo '</p></form>';
	}

	/**
	 * Prints one form.
	 */
	private function print_form( Delivery_Query $typed, Delivery_Query $frozen, string $action, string $which, int $count, string $label, string $help ): void {
		?>
		<form method="post" action="<?php echo esc_url( Actions::url( 'bulk' ) ); ?>" class="network-webhooks-bulk">
			<?php Actions::print_nonce(); ?>
			<?php foreach ( $frozen->parts() + array( self::WHICH => $which, self::UNTIL => $typed->typed( 'until' ) ) as $part => $value ) : ?>
				<input type="hidden" name="<?php echo esc_attr( $part ); ?>" value="<?php echo esc_attr( $value ); ?>">
			<?php endforeach; ?>
			<p>
				<button class="button button-primary" name="change" value="<?php echo esc_attr( $action ); ?>" <?php disabled( 0, $count ); ?>><?php echo esc_html( $label ); ?></button>
			</p>
			<p class="description"><?php echo esc_html( $help ); ?></p>
		</form>
		<?php
	}
}
