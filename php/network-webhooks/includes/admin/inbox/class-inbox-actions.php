<?php
/**
 * What the page of the test inbox asks for.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Inbox;

use Network_Webhooks\Admin\Actions;
use Network_Webhooks\Admin\Admin;
use Network_Webhooks\Admin\Flash;
use Network_Webhooks\Extension_Messages;
use Network_Webhooks\History;
use Network_Webhooks\Inbox\Inbox;
use Network_Webhooks\Inbox\Requests;
use Network_Webhooks\Publisher;

defined( 'ABSPATH' ) || exit;

/**
 * Makes, changes, empties and deletes the inbox, and hands out a body. Each needs the nonce and
 * the capability.
 */
final class Inbox_Actions {

	public function __construct( private readonly Publisher $publisher ) {}

	/**
	 * Adds the hooks.
	 */
	public function add_hooks(): void {
		foreach ( array( 'make', 'move', 'save', 'empty', 'delete', 'body' ) as $action ) {
			add_action( 'network_admin_edit_' . Actions::PREFIX . "inbox_$action", array( $this, $action ) );
		}
	}

	/**
	 * Makes an inbox. In production it is turned on by this, also one that is there.
	 */
	public function make(): void {
		Actions::check();
		$this->change(
			static function (): void {
				$inbox = Inbox::find() ?? Inbox::create();
				( Inbox::is_production() ? $inbox->with_production() : $inbox )->save();
				History::record( History::NETWORK, History::INBOX_MADE, array() );
			},
			'inbox_made'
		);
	}

	/**
	 * Gives it another address.
	 */
	public function move(): void {
		Actions::check();
		$this->change(
			static function (): void {
				self::found()->with_new_address()->save();
				History::record( History::NETWORK, History::INBOX_MOVED, array() );
			},
			'inbox_moved'
		);
	}

	/**
	 * Saves how it answers.
	 */
	public function save(): void {
		Actions::check();
		$this->attempt( static fn() => self::found()->with_answer( self::posted( 'status' ), self::posted( 'delay' ) )->save(), 'inbox_saved' );
	}

	/**
	 * Deletes what came.
	 */
	public function empty(): void {
		Actions::check();
		$this->attempt( static fn() => ( new Requests() )->delete_all(), 'inbox_emptied' );
	}

	/**
	 * Deletes it.
	 */
	public function delete(): void {
		Actions::check();
		$this->change(
			static function (): void {
				self::found();
				Inbox::delete();
				History::record( History::NETWORK, History::INBOX_DELETED, array() );
			},
			'inbox_deleted'
		);
	}

	/**
	 * Hands out the body of a request, as bytes that no browser takes for a page.
	 */
	public function body(): void {
		Actions::check();
		$id   = self::posted( 'request' );
		$body = ( new Requests() )->body( $id );
		if ( null === $body ) {
			Flash::put( __( 'This request is not kept any more.', 'network-webhooks' ) );
			Actions::leave( Inbox_Page::url() );
		}
		nocache_headers();
		header( 'Content-Type: application/octet-stream' );
		header( 'X-Content-Type-Options: nosniff' );
		header( "Content-Security-Policy: default-src 'none'; sandbox" );
		header( "Content-Disposition: attachment; filename=\"request-$id.bin\"" );
		header( 'Content-Length: ' . strlen( $body ) );
		echo $body; // phpcs:ignore WordPress.Security.EscapeOutput -- The bytes themselves, as a file.
		exit;
	}

	/**
	 * The inbox.
	 *
	 * @throws \RuntimeException Where there is none.
	 */
	private static function found(): Inbox {
		return Inbox::find() ?? throw new \RuntimeException( __( 'There is no test inbox any more. Somebody deleted it.', 'network-webhooks' ) );
	}

	/**
	 * A number of the form.
	 */
	private static function posted( string $name ): int {
		return is_scalar( $_POST[ $name ] ?? null ) ? (int) $_POST[ $name ] : 0;
	}

	/**
	 * Changes what the worker has to know, and goes back.
	 *
	 * @param callable(): void $change
	 */
	private function change( callable $change, string $message ): never {
		$this->attempt( fn() => $this->publisher->change( $change ), $message );
	}

	/**
	 * Does a thing and goes back, with a message or with what went wrong.
	 *
	 * @param callable(): void $work
	 */
	private function attempt( callable $work, string $message ): never {
		try {
			$work();
		} catch ( \Throwable $error ) {
			Flash::put( Extension_Messages::of( $error ) );
			Actions::leave( Inbox_Page::url() );
		}
		// From an empty list one goes on to a webhook for the inbox.
		$then = 'new' === sanitize_key( $_GET['then'] ?? '' ) ? Admin::url( array( 'inbox' => '1' ), Admin::NEW ) : '';
		Actions::leave( '' === $then ? Inbox_Page::url( array( 'message' => $message ) ) : $then );
	}
}
