<?php
/**
 * Notices in Network Admin.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Capabilities;
use Network_Webhooks\Environment;
use Network_Webhooks\Installation;
use Network_Webhooks\Networks;
use Network_Webhooks\Publisher;
use Network_Webhooks\Set_Aside;
use Network_Webhooks\Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Says what keeps webhooks from being sent, and what came of a form.
 */
final class Notices {

	public function __construct( private readonly Publisher $publisher, private readonly Webhooks $webhooks ) {}

	/**
	 * Adds the hooks.
	 */
	public function add_hooks(): void {
		add_action( 'network_admin_notices', array( $this, 'print' ) );
	}

	/**
	 * Prints what there is to say: on every page what stops everything, the rest on our own.
	 */
	public function print(): void {
		if ( ! is_main_network() ) {
			$this->print_of_other_network();
			return;
		}
		if ( ! current_user_can( Capabilities::MANAGE ) ) {
			return;
		}
		$ours = str_contains( (string) get_current_screen()?->id, Admin::PAGE );
		if ( ! Environment::has_extension() ) {
			$this->print_problem(
				__( 'Network Webhooks can’t send anything yet.', 'network-webhooks' ) . ' ' . Environment::extension_problem()
				. ' ' . __( 'The network goes on working; events for webhooks wait in the database until then.', 'network-webhooks' )
			);
		} elseif ( Installation::is_elsewhere() ) {
			$this->print_problem(
				__( 'This network was moved or copied since it last sent webhooks, or this is another one of its servers: its database or its address is another one. Nothing is sent from here until you say which one it is.', 'network-webhooks' ),
				array(
					'moved'  => __( 'It was moved: go on', 'network-webhooks' ),
					'server' => __( 'It is another server of this network: go on here too', 'network-webhooks' ),
					'copied' => __( 'It is a copy: pause all webhooks, change their secrets, and send nothing of what waits', 'network-webhooks' ),
				)
			);
		} elseif ( $ours ) {
			$this->print_state();
		}
		if ( $ours ) {
			$this->print_outcome();
		}
	}

	/**
	 * What people of another network than the main one have to know, which has no pages of its own.
	 */
	private function print_of_other_network(): void {
		if ( current_user_can( 'manage_network_plugins' ) && ! Networks::has_main() ) {
			$this->print_problem( __( 'Network Webhooks is active on this network, but not on the main network of this WordPress, where its pages are. Activate it there too: until then nobody can see or change webhooks.', 'network-webhooks' ) );
		}
	}

	/**
	 * What stops this server, or needs a decision.
	 */
	private function print_state(): void {
		foreach ( Set_Aside::all() as $one ) {
			$this->print_problem( $one->sentence() );
		}
		$status   = webhooks_status();
		$obstacle = $this->publisher->obstacle( $status );
		if ( '' !== $obstacle ) {
			$this->print_problem( __( 'Webhooks can’t be sent from this server.', 'network-webhooks' ) . ' ' . $obstacle );
		} elseif ( $this->publisher->is_restored( $status ) ) {
			$this->print_problem( Publisher::restored(), array( 'restored' => __( 'Publish the webhooks shown here', 'network-webhooks' ) ) );
		}
	}

	/**
	 * What came of the form that led here.
	 */
	private function print_outcome(): void {
		$error = Flash::error();
		if ( '' !== $error ) {
			printf( '<div class="notice notice-error" id="network-webhooks-error" role="alert"><p>%s</p></div>', esc_html( $error ) );
			return;
		}
		$message = sanitize_key( $_GET['message'] ?? '' );
		$number  = absint( $_GET['number'] ?? 1 );
		$text    = self::text( $message, $number );
		if ( '' === $text ) {
			return;
		}
		printf( '<div class="notice notice-success is-dismissible" role="status"><p>%s', esc_html( $text ) );
		if ( 'deleted' === $message ) {
			$this->print_undo();
		}
		$stripped = Labels::stripped( ...explode( ',', sanitize_text_field( wp_unslash( $_GET['stripped'] ?? '' ) ) ) );
		if ( '' !== $stripped ) {
			echo ' ' . esc_html( $stripped );
		}
		echo '</p></div>';
	}

	/**
	 * One of our own texts.
	 *
	 * @param string $message Of the address.
	 * @param int    $number  Of how many webhooks or deliveries it speaks.
	 */
	private static function text( string $message, int $number ): string {
		$text = match ( $message ) {
			'added' => __( 'The webhook is set up. Send a test event to see whether it arrives.', 'network-webhooks' ),
			'saved' => __( 'The webhook is saved.', 'network-webhooks' ),
			'paused' => 1 === $number
				? __( 'The webhook is paused. Its events are kept until you resume it.', 'network-webhooks' )
				/* translators: %s: number of webhooks */
				: _n( '%s webhook is paused. Its events are kept until you resume it.', '%s webhooks are paused. Their events are kept until you resume them.', $number, 'network-webhooks' ),
			'resumed' => 1 === $number
				? __( 'The webhook is active again.', 'network-webhooks' )
				/* translators: %s: number of webhooks */
				: _n( '%s webhook is active again.', '%s webhooks are active again.', $number, 'network-webhooks' ),
			'enabled' => __( 'The webhook is enabled: events are sent to it again.', 'network-webhooks' ),
			'duplicated' => __( 'This is the copy. It is paused and has a secret of its own: change what it should do otherwise, then resume it.', 'network-webhooks' ),
			'deleted' => 1 === $number
				? __( 'The webhook is deleted.', 'network-webhooks' )
				/* translators: %s: number of webhooks */
				: _n( '%s webhook is deleted.', '%s webhooks are deleted.', $number, 'network-webhooks' ),
			'undone' => __( 'The webhook is back. What waited when it was deleted was cancelled and is not sent by itself.', 'network-webhooks' ),
			'settings' => __( 'Settings saved.', 'network-webhooks' ),
			'published' => __( 'The webhooks shown here are in use now.', 'network-webhooks' ),
			'moved' => __( 'The network goes on sending from here.', 'network-webhooks' ),
			'server' => __( 'The network goes on sending from here too.', 'network-webhooks' ),
			'copied' => __( 'This copy has paused webhooks with secrets of their own now. Resume those that it should use.', 'network-webhooks' ),
			/* translators: %s: number of deliveries */
			'resent' => _n( '%s delivery queued.', '%s deliveries queued.', $number, 'network-webhooks' ),
			/* translators: %s: number of deliveries */
			'cancelled' => _n( '%s delivery is cancelled.', '%s deliveries are cancelled.', $number, 'network-webhooks' ),
			/* translators: %s: number of events */
			'backfilled' => _n( '%s event is being sent.', '%s events are being sent.', $number, 'network-webhooks' ),
			'backfill_stopped' => __( 'What waited of it is cancelled.', 'network-webhooks' ),
			'listening' => __( 'What happens is recorded from now on. Do what should have fired; it shows up here.', 'network-webhooks' ),
			'listened' => __( 'Nothing is recorded any more.', 'network-webhooks' ),
			'retried' => __( 'The event waits to be sent. Where it is refused again, it is shown here once more.', 'network-webhooks' ),
			'discarded' => 1 === $number
				? __( 'The event is discarded.', 'network-webhooks' )
				/* translators: %s: number of events */
				: _n( '%s event is discarded.', '%s events are discarded.', $number, 'network-webhooks' ),
			/* translators: %s: number of deliveries */
			'recovered' => _n( 'Webhook enabled. %s delivery queued.', 'Webhook enabled. %s deliveries queued.', $number, 'network-webhooks' ),
			'enabled_only' => __( 'Webhook enabled.', 'network-webhooks' ),
			'inbox_made' => __( 'The test inbox is there. Send something to its address.', 'network-webhooks' ),
			'inbox_moved' => __( 'The test inbox has a new address. Nothing that is sent to the old one arrives any more.', 'network-webhooks' ),
			'inbox_saved' => __( 'The test inbox answers like that from now on.', 'network-webhooks' ),
			'inbox_emptied' => __( 'The requests are deleted.', 'network-webhooks' ),
			'inbox_deleted' => __( 'The test inbox and its requests are deleted.', 'network-webhooks' ),
			default => '',
		};
		return sprintf( $text, number_format_i18n( $number ) );
	}

	/**
	 * Prints the way back: a button for one webhook, a link to the page of the deleted for many.
	 */
	private function print_undo(): void {
		$id = sanitize_text_field( wp_unslash( $_GET['undo'] ?? '' ) );
		if ( '' === $id ) {
			printf( ' <a href="%s">%s</a>', esc_url( Deleted_View::url() ), esc_html__( 'Undo …', 'network-webhooks' ) );
		} elseif ( $this->webhooks->find_deleted( $id ) ) {
			printf(
				' <button type="submit" class="button-link" form="network-webhooks-row" formaction="%s" name="webhook" value="%s">%s</button>',
				esc_url( Actions::url( 'restore' ) ),
				esc_attr( $id ),
				esc_html__( 'Undo', 'network-webhooks' )
			);
		}
	}

	/**
	 * Prints a problem, with the buttons that solve it.
	 *
	 * @param array<string, string> $ways Action → text of its button.
	 */
	private function print_problem( string $text, array $ways = array() ): void {
		printf( '<div class="notice notice-error"><p>%s</p>', esc_html( $text ) );
		if ( $ways ) {
			echo '<form method="post"><p>';
			Actions::print_nonce();
			foreach ( $ways as $action => $label ) {
				printf( '<button class="button" formaction="%s">%s</button> ', esc_url( Actions::url( $action ) ), esc_html( $label ) );
			}
			echo '</p></form>';
		}
		echo '</div>';
	}
}
