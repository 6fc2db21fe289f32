<?php
/**
 * What forms ask for.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Capabilities;
use Network_Webhooks\Event;
use Network_Webhooks\Publisher;
use Network_Webhooks\Settings;
use Network_Webhooks\Test_Event;
use Network_Webhooks\Webhook;
use Network_Webhooks\Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Does what the forms post to network/edit.php, and redirects. Each needs the nonce and the
 * capability.
 */
final class Actions {

	/** Prefix of the actions, and the nonce's action. */
	public const PREFIX = 'network_webhooks_';

	/** Longest name, in characters. */
	private const NAME_LENGTH = 200;

	/**
	 * Takes the parts.
	 */
	public function __construct(
		private readonly Webhooks $webhooks,
		private readonly Publisher $publisher,
		private readonly Test_Event $test,
	) {}

	/**
	 * Adds the hooks.
	 */
	public function add_hooks(): void {
		foreach ( array( 'save', 'pause', 'resume', 'delete', 'test', 'settings', 'restored', 'moved', 'copied' ) as $action ) {
			add_action( 'network_admin_edit_' . self::PREFIX . $action, array( $this, $action ) );
		}
	}

	/**
	 * Where a form posts to.
	 */
	public static function url( string $action ): string {
		return add_query_arg( 'action', self::PREFIX . $action, network_admin_url( 'edit.php' ) );
	}

	/**
	 * Prints the nonce of a form.
	 */
	public static function print_nonce(): void {
		wp_nonce_field( self::PREFIX . 'write' );
	}

	/**
	 * Ends a request that may not write.
	 */
	public static function check(): void {
		if ( 'POST' !== ( $_SERVER['REQUEST_METHOD'] ?? '' ) || ! current_user_can( Capabilities::MANAGE ) ) {
			wp_die( esc_html__( 'Sorry, you are not allowed to change the webhooks of this network.', 'network-webhooks' ), '', 403 );
		}
		check_admin_referer( self::PREFIX . 'write' );
	}

	/**
	 * Saves the form of a webhook, new or not. What was typed survives an error.
	 */
	public function save(): void {
		self::check();
		$id    = $this->posted( 'webhook' );
		$typed = array(
			'name'  => trim( $this->posted( 'name' ) ),
			'url'   => trim( $this->posted( 'url' ) ),
			'event' => $this->posted( 'event' ),
		);
		$old   = '' === $id ? null : $this->posted_webhook();
		$error = self::first_error( $typed );
		if ( '' === $error ) {
			$webhook = $old
				? $old->with_target( $typed['name'], $typed['url'], $typed['event'] )
				: Webhook::create( $typed['name'], $typed['url'], $typed['event'] );
			$error   = $this->attempt( fn() => $this->webhooks->save( $webhook ) );
		}
		if ( '' !== $error ) {
			Flash::put( $error, array( 'webhook' => $id ) + $typed );
			self::leave( $old ? Admin::url( self::page_of( $old ) ) : Admin::url( array(), Admin::NEW ) );
		}
		self::leave( Admin::url( self::page_of( $webhook ) + array( 'message' => $old ? 'saved' : 'added' ) ) );
	}

	/**
	 * Pauses a webhook.
	 */
	public function pause(): void {
		self::check();
		$this->set_paused( true, 'paused' );
	}

	/**
	 * Resumes a webhook.
	 */
	public function resume(): void {
		self::check();
		$this->set_paused( false, 'resumed' );
	}

	/**
	 * Deletes a webhook.
	 */
	public function delete(): void {
		self::check();
		$webhook = $this->posted_webhook();
		$this->finish( fn() => $this->webhooks->delete( $webhook->id ), 'deleted' );
	}

	/**
	 * Sends a test event, for browsers without JavaScript.
	 */
	public function test(): void {
		self::check();
		$webhook = $this->posted_webhook();
		try {
			$event = $this->test->send( $webhook );
		} catch ( \Throwable $error ) {
			Flash::put( $error->getMessage() );
			self::leave( Admin::url() );
		}
		self::leave(
			Admin::url(
				array(
					'action'  => 'test',
					'webhook' => $webhook->id,
					'event'   => $event,
				)
			)
		);
	}

	/**
	 * Saves the settings below the list.
	 */
	public function settings(): void {
		self::check();
		Settings::set( Settings::REMOVE_DATA, '' === $this->posted( 'remove_data' ) ? '' : '1' );
		self::leave( Admin::url( array( 'message' => 'settings' ) ) );
	}

	/**
	 * Publishes the webhooks of a restored database.
	 */
	public function restored(): void {
		self::check();
		$this->answer( fn() => $this->publisher->publish_restored(), 'published' );
	}

	/**
	 * The network was moved.
	 */
	public function moved(): void {
		self::check();
		$this->answer( fn() => $this->publisher->accept_move(), 'moved' );
	}

	/**
	 * The network is a copy.
	 */
	public function copied(): void {
		self::check();
		$this->answer( fn() => $this->publisher->accept_copy(), 'copied' );
	}

	/**
	 * What is wrong with the form, before the extension is asked; empty where nothing is.
	 *
	 * @param array{name: string, url: string, event: string} $typed
	 */
	private static function first_error( array $typed ): string {
		if ( '' === $typed['name'] ) {
			return __( 'Give the webhook a name by which you will know it again.', 'network-webhooks' );
		}
		if ( mb_strlen( $typed['name'] ) > self::NAME_LENGTH ) {
			/* translators: %d: number of characters */
			return sprintf( __( 'The name has more than %d characters.', 'network-webhooks' ), self::NAME_LENGTH );
		}
		if ( ! preg_match( '~^https?://[^/?#\s]+~i', $typed['url'] ) ) {
			return __( 'The URL has to be a whole one, beginning with https:// or http://.', 'network-webhooks' );
		}
		if ( ! Event::is_name( str_replace( '*', '_', $typed['event'] ) ) ) {
			return __( 'Choose an event.', 'network-webhooks' );
		}
		return '';
	}

	/**
	 * Pauses or resumes the posted webhook.
	 */
	private function set_paused( bool $paused, string $message ): void {
		$webhook = $this->posted_webhook()->with_paused( $paused );
		$this->finish( fn() => $this->webhooks->save( $webhook ), $message );
	}

	/**
	 * Makes a change and goes back to the list.
	 *
	 * @param callable(): void $change
	 */
	private function finish( callable $change, string $message ): void {
		$this->answer( fn() => $this->publisher->change( $change ), $message );
	}

	/**
	 * Does a thing and goes back to the list, with its message or with what went wrong.
	 *
	 * @param callable(): void $work
	 */
	private function answer( callable $work, string $message ): void {
		try {
			$work();
		} catch ( \Throwable $error ) {
			Flash::put( $error->getMessage() );
			self::leave( Admin::url() );
		}
		self::leave( Admin::url( array( 'message' => $message ) ) );
	}

	/**
	 * Makes a change; what went wrong, or empty.
	 *
	 * @param callable(): void $change
	 */
	private function attempt( callable $change ): string {
		try {
			$this->publisher->change( $change );
			return '';
		} catch ( \Throwable $error ) {
			return $error->getMessage();
		}
	}

	/**
	 * The webhook that the form is about. Somebody else may have deleted it.
	 */
	private function posted_webhook(): Webhook {
		$webhook = $this->webhooks->find( $this->posted( 'webhook' ) );
		if ( ! $webhook ) {
			Flash::put( __( 'This webhook is not there any more. Somebody deleted it.', 'network-webhooks' ) );
			self::leave( Admin::url() );
		}
		return $webhook;
	}

	/**
	 * A posted text as it was typed. Not sanitize_text_field(), which would eat the %20 of a URL.
	 */
	private function posted( string $name ): string {
		$value = $_POST[ $name ] ?? '';
		return is_string( $value ) ? wp_check_invalid_utf8( wp_unslash( $value ), true ) : '';
	}

	/**
	 * The query of a webhook's page.
	 *
	 * @return array<string, string>
	 */
	private static function page_of( Webhook $webhook ): array {
		return array(
			'action'  => 'edit',
			'webhook' => $webhook->id,
		);
	}

	/**
	 * Redirects and ends the request.
	 */
	private static function leave( string $url ): never {
		wp_safe_redirect( $url );
		exit;
	}
}
