<?php
/**
 * What the status page and the announcements ask for.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Announcements\Announcement_Store;
use Network_Webhooks\Capabilities;
use Network_Webhooks\Lock;
use Network_Webhooks\Support_Report;

defined( 'ABSPATH' ) || exit;

/**
 * Dismisses announcements, and hands out the report.
 */
final class Status_Actions {

	public function __construct( private readonly Support_Report $report ) {}

	/**
	 * Adds the hooks.
	 */
	public function add_hooks(): void {
		foreach ( array( 'dismiss', 'report' ) as $action ) {
			add_action( 'network_admin_edit_' . Actions::PREFIX . $action, array( $this, $action ) );
		}
	}

	/**
	 * Where the report is.
	 */
	public static function report_url(): string {
		return wp_nonce_url( Actions::url( 'report' ), Actions::PREFIX . 'report' );
	}

	/**
	 * Dismisses an announcement.
	 */
	public function dismiss(): void {
		Actions::check();
		$id = sanitize_key( wp_unslash( $_POST['announcement'] ?? '' ) );
		Lock::try( 'announcements', 10, static fn() => ( new Announcement_Store() )->dismiss( $id ) );
		$back = wp_get_referer();
		Actions::leave( $back ? $back : Admin::url() );
	}

	/**
	 * Hands out the report.
	 */
	public function report(): void {
		check_admin_referer( Actions::PREFIX . 'report' );
		if ( ! current_user_can( Capabilities::MANAGE ) ) {
			wp_die( esc_html__( 'Sorry, you are not allowed to see this report.', 'network-webhooks' ), '', 403 );
		}
		nocache_headers();
		header( 'Content-Type: text/plain; charset=utf-8' );
		header( 'Content-Disposition: attachment; filename="network-webhooks-' . gmdate( 'Y-m-d-His' ) . '.txt"' );
		header( 'X-Content-Type-Options: nosniff' );
		echo $this->report->text(); // phpcs:ignore WordPress.Security.EscapeOutput -- a text file, not HTML.
		exit;
	}
}
