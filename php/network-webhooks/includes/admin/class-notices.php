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
use Network_Webhooks\Publisher;

defined( 'ABSPATH' ) || exit;

/**
 * Says what keeps webhooks from being sent, and what came of a form.
 */
final class Notices {

	/**
	 * Takes the parts.
	 */
	public function __construct( private readonly Publisher $publisher ) {}

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
				__( 'This network was moved or copied since it last sent webhooks: its database or its address is another one. Nothing is sent until you say which one it is.', 'network-webhooks' ),
				array(
					'moved'  => __( 'It was moved: go on', 'network-webhooks' ),
					'copied' => __( 'It is a copy: pause all webhooks and change their secrets', 'network-webhooks' ),
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
	 * What stops this server, or needs a decision.
	 */
	private function print_state(): void {
		$obstacle = $this->publisher->obstacle();
		if ( '' !== $obstacle ) {
			$this->print_problem( __( 'Webhooks can’t be sent from this server.', 'network-webhooks' ) . ' ' . $obstacle );
		} elseif ( $this->publisher->is_restored() ) {
			$this->print_problem(
				__( 'The webhooks in the database are older than those in use: was a backup restored? Those in use go on until you publish the ones shown here.', 'network-webhooks' ),
				array( 'restored' => __( 'Publish the webhooks shown here', 'network-webhooks' ) )
			);
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
		// Chooses one of our own texts.
		$message = match ( sanitize_key( $_GET['message'] ?? '' ) ) {
			'added' => __( 'The webhook is set up. Send a test event to see whether it arrives.', 'network-webhooks' ),
			'saved' => __( 'The webhook is saved.', 'network-webhooks' ),
			'paused' => __( 'The webhook is paused. Its events are kept until you resume it.', 'network-webhooks' ),
			'resumed' => __( 'The webhook is active again.', 'network-webhooks' ),
			'deleted' => __( 'The webhook is deleted.', 'network-webhooks' ),
			'settings' => __( 'Settings saved.', 'network-webhooks' ),
			'published' => __( 'The webhooks shown here are in use now.', 'network-webhooks' ),
			'moved' => __( 'The network goes on sending from here.', 'network-webhooks' ),
			'copied' => __( 'This copy has paused webhooks with secrets of their own now. Resume those that it should use.', 'network-webhooks' ),
			default => '',
		};
		if ( '' !== $message ) {
			printf( '<div class="notice notice-success is-dismissible" role="status"><p>%s</p></div>', esc_html( $message ) );
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
