<?php
/**
 * What the forms of the settings ask for.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Admin\Form\Email_Group;
use Network_Webhooks\Capabilities;
use Network_Webhooks\Extension_Messages;
use Network_Webhooks\History;
use Network_Webhooks\Settings;
use Network_Webhooks\Webhook;

defined( 'ABSPATH' ) || exit;

/**
 * Saves who gets mail, what becomes of the data, and who may see webhooks.
 */
final class Settings_Actions {

	/** Under what the typed addresses are kept, where a webhook has its id. */
	public const FLASH = 'mail';

	/** The same of the typed user. */
	public const ACCESS_FLASH = 'access';

	/**
	 * Adds the hooks.
	 */
	public function add_hooks(): void {
		foreach ( array( 'mail', 'settings', 'access_add', 'access_remove' ) as $action ) {
			add_action( 'network_admin_edit_' . Actions::PREFIX . $action, array( $this, $action ) );
		}
	}

	/**
	 * Saves the addresses.
	 */
	public function mail(): void {
		Actions::check();
		$typed     = wp_check_invalid_utf8( wp_unslash( (string) ( $_POST['addresses'] ?? '' ) ), true ); // phpcs:ignore WordPress.Security.ValidatedSanitizedInput.InputNotSanitized -- what is no address is shown as it was typed.
		$addresses = Email_Group::addresses( $typed );
		$wrong     = Email_Group::wrong( $addresses );
		if ( $wrong ) {
			/* translators: %s: what was typed */
			$error = sprintf( __( 'Not a valid email address: %s. Nothing was saved.', 'network-webhooks' ), implode( ', ', $wrong ) );
			Flash::put(
				$error,
				array(
					'webhook'   => self::FLASH,
					'addresses' => $typed,
				)
			);
			self::leave( Mail_Page::SLUG );
		}
		$before = (array) Settings::get( Settings::MAIL_TO, array() );
		if ( $before !== $addresses ) {
			Settings::set( Settings::MAIL_TO, $addresses );
			History::record( History::NETWORK, History::SETTINGS, array( Webhook::MAIL_TO => array( $before, $addresses ) ) );
		}
		self::leave( Mail_Page::SLUG, true );
	}

	/**
	 * Saves what becomes of the data when the plugin is deleted.
	 */
	public function settings(): void {
		Actions::check();
		$before = (bool) Settings::get( Settings::REMOVE_DATA );
		$after  = '' !== sanitize_key( $_POST['remove_data'] ?? '' );
		Settings::set( Settings::REMOVE_DATA, $after ? '1' : '' );
		if ( $before !== $after ) {
			History::record( History::NETWORK, History::SETTINGS, array( 'remove_data' => array( $before, $after ) ) );
		}
		self::leave( Data_Page::SLUG, true );
	}

	/**
	 * Lets a user see webhooks.
	 */
	public function access_add(): void {
		Actions::check();
		$typed = is_string( $_POST['user'] ?? null ) ? sanitize_text_field( wp_unslash( $_POST['user'] ) ) : '';
		$user  = get_user_by( 'login', $typed );
		$user  = $user ? $user : get_user_by( 'email', $typed );
		if ( ! $user ) {
			/* translators: %s: what was typed */
			$this->refuse( sprintf( __( 'No user of this network has the username or email address “%s”.', 'network-webhooks' ), $typed ), $typed );
		}
		if ( user_can( $user, Capabilities::MANAGE ) ) {
			/* translators: %s: name of a user */
			$this->refuse( sprintf( __( '“%s” is a super admin, and may see all webhooks already.', 'network-webhooks' ), $user->user_login ), $typed );
		}
		$this->set_viewer( $user->ID, true, $typed );
	}

	/**
	 * Takes it from one.
	 */
	public function access_remove(): void {
		Actions::check();
		$this->set_viewer( absint( $_POST['user'] ?? 0 ), false, '' );
	}

	/**
	 * Changes who may see webhooks.
	 *
	 * @param string $typed What was typed for it.
	 */
	private function set_viewer( int $user_id, bool $may, string $typed ): never {
		try {
			Capabilities::set_viewer( $user_id, $may );
		} catch ( \RuntimeException $error ) {
			$this->refuse( Extension_Messages::of( $error ), $typed );
		}
		self::leave( Access_Page::SLUG, true );
	}

	/**
	 * Goes back to the page, says why nothing was changed, and keeps what was typed.
	 */
	private function refuse( string $reason, string $typed ): never {
		Flash::put(
			$reason,
			array(
				'webhook' => self::ACCESS_FLASH,
				'user'    => $typed,
			)
		);
		self::leave( Access_Page::SLUG );
	}

	/**
	 * Redirects to a page and ends the request.
	 */
	private static function leave( string $page, bool $saved = false ): never {
		Actions::leave( Admin::url( $saved ? array( 'message' => 'settings' ) : array(), $page ) );
	}
}
