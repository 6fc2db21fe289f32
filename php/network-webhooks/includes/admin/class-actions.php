<?php
/**
 * What forms ask for.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Capabilities;
use Network_Webhooks\Extension_Messages;
use Network_Webhooks\History;
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

	public function __construct(
		private readonly Webhooks $webhooks,
		private readonly Publisher $publisher,
		private readonly Test_Event $test,
	) {}

	/**
	 * Adds the hooks.
	 */
	public function add_hooks(): void {
		foreach ( array( 'pause', 'resume', 'enable', 'duplicate', 'delete', 'restore', 'test', 'restored', 'moved', 'server', 'copied' ) as $action ) {
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
	 *
	 * @param string $nonce_action What its nonce is for.
	 */
	public static function check( string $nonce_action = self::PREFIX . 'write' ): void {
		if ( ! isset( $_SERVER['REQUEST_METHOD'] ) || 'POST' !== $_SERVER['REQUEST_METHOD'] || ! current_user_can( Capabilities::MANAGE ) ) {
			wp_die( esc_html__( 'Sorry, you are not allowed to change the webhooks of this network.', 'network-webhooks' ), '', 403 );
		}
		check_admin_referer( $nonce_action );
	}

	/**
	 * Address of the list, as it was filtered where the request came from.
	 *
	 * @param array<string, string> $query Added to it.
	 */
	public static function list_url( array $query = array() ): string {
		parse_str( (string) wp_parse_url( (string) wp_get_referer(), PHP_URL_QUERY ), $from );
		$from = Admin::PAGE === ( $from['page'] ?? '' ) && empty( $from['action'] ) ? array_filter( $from, 'is_string' ) : array();
		$kept = array_intersect_key( $from, array_flip( array( 's', 'status', 'event', 'site', 'orderby', 'order', 'paged' ) ) );
		return Admin::url( $query + $kept );
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
	 * Ends the disabling that the page showed.
	 */
	public function enable(): void {
		self::check();
		$webhook   = $this->posted_webhook();
		$disabling = sanitize_text_field( wp_unslash( $_GET['disabling'] ?? '' ) );
		$this->answer(
			static function () use ( $webhook, $disabling ) {
				if ( ! webhooks_enable( $webhook->id, $disabling ) ) {
					throw new \RuntimeException( __( 'The webhook is not disabled any more, or was disabled again meanwhile: look at it once more.', 'network-webhooks' ) );
				}
				History::record( $webhook->id, History::ENABLED, array() );
			},
			'enabled'
		);
	}

	/**
	 * Makes a copy, and leads to its form.
	 */
	public function duplicate(): void {
		self::check();
		$webhook = $this->posted_webhook();
		/* translators: %s: name of a webhook */
		$suffixed = sprintf( __( '%s (copy)', 'network-webhooks' ), mb_substr( $webhook->name, 0, Webhook::NAME_LENGTH - 20 ) );
		$copy     = $webhook->duplicate( $suffixed );
		$error    = $this->attempt( fn() => $this->webhooks->save( $copy ) );
		if ( '' !== $error ) {
			Flash::put( $error );
			self::leave( self::list_url() );
		}
		self::leave(
			Admin::url(
				array(
					'action'  => 'edit',
					'webhook' => $copy->id,
					'message' => 'duplicated',
				)
			)
		);
	}

	/**
	 * Deletes webhooks, and offers to undo it.
	 */
	public function delete(): void {
		self::check();
		$ids   = $this->posted_ids();
		$error = $this->attempt( fn() => array_map( array( $this->webhooks, 'delete' ), $ids ) );
		if ( '' !== $error ) {
			Flash::put( $error );
			self::leave( self::list_url() );
		}
		self::leave(
			self::list_url(
				array(
					'message' => 'deleted',
					'number'  => (string) count( $ids ),
				) + ( 1 === count( $ids ) ? array( 'undo' => $ids[0] ) : array() )
			)
		);
	}

	/**
	 * Undoes the deleting of webhooks.
	 */
	public function restore(): void {
		self::check();
		$ids  = $this->posted_ids();
		$gone = array_filter( $ids, fn( string $id ) => ! $this->webhooks->find_deleted( $id ) );
		if ( ! $ids || $gone ) {
			Flash::put( __( 'The webhook can’t be brought back: somebody did so already, or its time is over.', 'network-webhooks' ) );
			self::leave( Admin::url() );
		}
		$this->finish( fn() => array_map( array( $this->webhooks, 'restore' ), $ids ), 'undone' );
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
			Flash::put( Extension_Messages::of( $error ) );
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
	 * Publishes the webhooks of a restored database.
	 */
	public function restored(): void {
		self::check();
		$this->answer(
			function () {
				$this->publisher->publish_restored();
				History::record( History::NETWORK, History::PUBLISHED, array() );
			},
			'published'
		);
	}

	/**
	 * The network was moved.
	 */
	public function moved(): void {
		self::check();
		$this->answer(
			function () {
				$this->publisher->accept_move();
				History::record( History::NETWORK, History::MOVED, array() );
			},
			'moved'
		);
	}

	/**
	 * This is another server of the network.
	 */
	public function server(): void {
		self::check();
		$this->answer(
			function () {
				$this->publisher->accept_server();
				History::record( History::NETWORK, History::SERVER, array() );
			},
			'server'
		);
	}

	/**
	 * The network is a copy.
	 */
	public function copied(): void {
		self::check();
		$this->answer(
			function () {
				$this->publisher->accept_copy();
				History::record( History::NETWORK, History::COPIED, array() );
			},
			'copied'
		);
	}

	/**
	 * Pauses or resumes the posted webhook.
	 */
	private function set_paused( bool $paused, string $message ): void {
		$id = $this->posted_webhook()->id;
		$this->finish( fn() => $this->webhooks->pause( $id, $paused ), $message );
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
			Flash::put( Extension_Messages::of( $error ) );
			self::leave( self::list_url() );
		}
		self::leave( self::list_url( array( 'message' => $message ) ) );
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
			return Extension_Messages::of( $error );
		}
	}

	/**
	 * The webhook that the form is about. Somebody else may have deleted it.
	 */
	private function posted_webhook(): Webhook {
		$webhook = $this->webhooks->find( $this->posted( 'webhook' ) );
		if ( ! $webhook ) {
			Flash::put( __( 'This webhook no longer exists. Somebody deleted it.', 'network-webhooks' ) );
			self::leave( Admin::url() );
		}
		return $webhook;
	}

	/**
	 * Ids of the webhooks that the form is about, one or more.
	 *
	 * @return list<string>
	 */
	private function posted_ids(): array {
		$ids = (array) wp_unslash( $_POST['webhooks'] ?? $_POST['webhook'] ?? array() ); // phpcs:ignore WordPress.Security.ValidatedSanitizedInput.InputNotSanitized -- looked for among the ids that there are.
		return array_values( array_unique( array_filter( $ids, 'is_string' ) ) );
	}

	/**
	 * A posted text as it was typed. Not sanitize_text_field(), which would eat the %20 of a URL.
	 */
	private function posted( string $name ): string {
		return is_string( $_POST[ $name ] ?? null ) ? wp_check_invalid_utf8( wp_unslash( $_POST[ $name ] ), true ) : ''; // phpcs:ignore WordPress.Security.ValidatedSanitizedInput.InputNotSanitized -- as it was typed; checked where it is used.
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
	public static function leave( string $url ): never {
		wp_safe_redirect( $url );
		exit;
	}
}
