<?php
/**
 * What the form of a webhook asks for.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Admin\Form\Errors;
use Network_Webhooks\Admin\Form\Form;
use Network_Webhooks\Admin\Form\Form_Input;
use Network_Webhooks\Drafts;
use Network_Webhooks\Event_Registry;
use Network_Webhooks\Extension_Messages;
use Network_Webhooks\History;
use Network_Webhooks\Publisher;
use Network_Webhooks\Test_Event;
use Network_Webhooks\Webhook;
use Network_Webhooks\Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Saves a form, tests it, previews it, or shows the secret. Whatever goes wrong, and be it that
 * the session ended meanwhile, what was typed is in the form again.
 */
final class Save_Actions {

	private const ACTIONS = array( 'save', 'test_form', 'preview', 'reveal', 'choose_service', 'as_template' );

	/**
	 * The form, once made: it needs the catalogue, which needs `init`.
	 */
	private ?Form $form = null;

	public function __construct(
		private readonly Webhooks $webhooks,
		private readonly Publisher $publisher,
		private readonly Event_Registry $registry,
		private readonly Drafts $drafts,
		private readonly Test_Event $test,
	) {}

	/**
	 * Adds the hooks.
	 */
	public function add_hooks(): void {
		foreach ( self::ACTIONS as $action ) {
			add_action( 'network_admin_edit_' . Actions::PREFIX . $action, array( $this, $action ) );
		}
		// Before WordPress sends a visitor without a session to the login.
		add_action( 'wp_loaded', array( $this, 'keep_for_login' ) );
	}

	/**
	 * The session is over: keeps what its user typed, and leads back to the form after the login.
	 */
	public function keep_for_login(): void {
		$action = substr( self::posted_text( 'action', $_GET ), strlen( Actions::PREFIX ) );
		if ( ! isset( $_SERVER['REQUEST_METHOD'] ) || 'POST' !== $_SERVER['REQUEST_METHOD'] || 'edit.php' !== ( $GLOBALS['pagenow'] ?? '' ) || ! in_array( $action, self::ACTIONS, true ) || wp_validate_auth_cookie() ) {
			return;
		}
		$user = Form_Token::user( self::posted_text( 'issued' ) );
		if ( $user ) {
			Flash::put( __( 'Your session had ended. What you typed is here again, and not saved yet.', 'network-webhooks' ), $this->typed()->all(), array(), $user );
			self::leave( wp_login_url( $this->page(), true ) );
		}
	}

	/**
	 * Saves the form of a webhook, new or not.
	 */
	public function save(): void {
		$this->check();
		list( $typed, $webhook, $old ) = $this->read();

		$seen   = (int) $typed->text( 'version' );
		$errors = new Errors();
		try {
			$this->publisher->change(
				function () use ( $webhook, $old, $seen ): void {
					// Under the lock, so that of two who save at once the second one hears of the first.
					if ( $old && ( $this->webhooks->find( $old->id )->version ?? $seen ) !== $seen ) {
						throw new Conflict();
					}
					$this->webhooks->save( $webhook );
				},
				// A mistake in a template shows now, and not at the first delivery.
				...$webhook->events()
			);
		} catch ( Conflict ) {
			$this->back( __( 'Somebody else saved this webhook while you had the form open. Yours is not saved yet: see below what differs.', 'network-webhooks' ), $typed );
		} catch ( \Throwable $error ) {
			$this->refuse( $error, $webhook, $typed, $errors );
		}
		if ( ! $old ) {
			Flash::reveal( $webhook->id );
		}
		$stripped = $typed->stripped ? '&stripped=' . implode( ',', $typed->stripped ) : '';
		self::leave( $this->page( $webhook ) . '&message=' . ( $old ? 'saved' : 'added' ) . $stripped );
	}

	/**
	 * Sends a test event as the form stands, for browsers without JavaScript.
	 */
	public function test_form(): void {
		$this->check();
		list( $typed, $webhook ) = $this->read();
		try {
			$draft = $this->drafts->add( $webhook );
		} catch ( \Throwable $error ) {
			$this->refuse( $error, $webhook, $typed, new Errors() );
		}
		try {
			$event = $this->test->send( $draft, self::posted_text( 'test_data' ) );
		} catch ( \Throwable $error ) {
			$this->drafts->remove( $draft->id );
			$this->back( Extension_Messages::of( $error ), $typed );
		}
		Flash::put( '', $typed->all() );
		self::leave( Test_View::url( $event, '', $typed->text( 'webhook' ) ) );
	}

	/**
	 * Shows what the form would send, for browsers without JavaScript.
	 */
	public function preview(): void {
		$this->check();
		list( $typed ) = $this->read();
		Flash::put( '', $typed->all() );
		self::leave( $this->page() . '&preview=1#network-webhooks-preview' );
	}

	/**
	 * Shows the secret, and writes down that somebody saw it.
	 */
	public function reveal(): void {
		$this->check();
		$old = $this->old();
		if ( $old ) {
			History::record( $old->id, History::SECRET_SHOWN, array() );
			Flash::put( '', $this->typed()->all() );
			Flash::reveal( $old->id );
		}
		self::leave( $this->page() . '#network-webhooks-secret' );
	}

	/**
	 * Shows what the chosen service asks for, for browsers without JavaScript.
	 */
	public function choose_service(): void {
		$this->check();
		Flash::put( '', $this->typed()->all() );
		self::leave( $this->page() . '#network-webhooks-service' );
	}

	/**
	 * Puts what the chosen service fills in into the other inputs, to be edited there.
	 */
	public function as_template(): void {
		$this->check();
		Flash::put( '', $this->form()->as_template( $this->typed(), $this->old() )->all() );
		self::leave( $this->page() . '&more=1#network-webhooks-template' );
	}

	/**
	 * Ends a request that may not write. A form of this very user whose nonce is too old comes back.
	 */
	private function check(): void {
		$nonce = self::posted_text( '_wpnonce' );
		if ( ! wp_verify_nonce( $nonce, Actions::PREFIX . 'write' ) && get_current_user_id() && Form_Token::user( self::posted_text( 'issued' ) ) === get_current_user_id() ) {
			$this->back( __( 'The form was open for so long that WordPress has to be asked anew. What you typed is here again, and not saved yet.', 'network-webhooks' ), $this->typed() );
		}
		Actions::check();
	}

	/**
	 * What was typed, the webhook that it describes, and the stored one. Where something is
	 * wrong, the form comes back.
	 *
	 * @return array{Form_Input, Webhook, Webhook|null}
	 */
	private function read(): array {
		$old    = $this->old();
		$typed  = $this->typed();
		$errors = new Errors();
		if ( ! $old && '' !== self::posted_text( 'webhook' ) ) {
			$this->back( __( 'Somebody deleted this webhook while you had the form open. What you typed is here: add it as a new one, or leave it.', 'network-webhooks' ), $typed );
		}
		$webhook = $this->form()->read( $typed, $old, $errors );
		if ( $errors->all() ) {
			$this->back( self::summary( $errors ), $typed, $errors );
		}
		return array( $typed, $webhook, $old );
	}

	/**
	 * Goes back with what the extension or the database said.
	 */
	private function refuse( \Throwable $error, Webhook $webhook, Form_Input $typed, Errors $errors ): never {
		$is_ours = $errors->add_exception( $error, $webhook->id );
		$this->form()->gather( $typed, $errors );
		$said = $is_ours ? self::summary( $errors ) : Extension_Messages::of( $error );
		$this->back( $said, $typed, $errors );
	}

	/**
	 * What stands above a form with errors.
	 */
	private static function summary( Errors $errors ): string {
		$count = count( $errors->all() );
		/* translators: %d: number of fields */
		return sprintf( _n( 'Not saved yet: %d field has to be changed. It says why.', 'Not saved yet: %d fields have to be changed. Each says why.', $count, 'network-webhooks' ), $count );
	}

	/**
	 * Goes back to the form, which has everything that was typed.
	 */
	private function back( string $error, Form_Input $typed, ?Errors $errors = null ): never {
		$error = trim( $error . ' ' . Labels::stripped( ...$typed->stripped ) );
		Flash::put( $error, $typed->all(), $errors ? $errors->all() : array() );
		self::leave( $this->page() );
	}

	/**
	 * The form.
	 */
	private function form(): Form {
		return $this->form ??= new Form( $this->registry );
	}

	/**
	 * What was posted.
	 */
	private function typed(): Form_Input {
		$old = $this->old();
		// The id is that of the form to which one comes back, and the version the one it was made for.
		return $this->form()->posted( array( 'webhook' => wp_slash( $old->id ?? '' ) ) + $_POST, $old );
	}

	/**
	 * The webhook that the form is about; null: a new one, or one that was deleted.
	 */
	private function old(): ?Webhook {
		$id = self::posted_text( 'webhook' );
		return '' === $id ? null : $this->webhooks->find( $id );
	}

	/**
	 * Address of the form.
	 */
	private function page( ?Webhook $webhook = null ): string {
		$webhook ??= $this->old();
		if ( ! $webhook ) {
			return Admin::url( array(), Admin::NEW );
		}
		return Admin::url(
			array(
				'action'  => 'edit',
				'webhook' => $webhook->id,
			)
		);
	}

	/**
	 * A posted text.
	 *
	 * @param array<string, mixed>|null $from null: $_POST.
	 */
	private static function posted_text( string $name, ?array $from = null ): string {
		$value = ( $from ?? $_POST )[ $name ] ?? '';
		return is_string( $value ) ? wp_check_invalid_utf8( wp_unslash( $value ), true ) : '';
	}

	/**
	 * Redirects and ends the request.
	 */
	private static function leave( string $url ): never {
		wp_safe_redirect( $url );
		exit;
	}
}
