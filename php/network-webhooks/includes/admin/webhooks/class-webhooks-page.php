<?php
/**
 * Network Admin › Webhooks.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Capabilities;
use Network_Webhooks\Webhook;

defined( 'ABSPATH' ) || exit;

/**
 * The list of webhooks, and what is done with one of them or with several.
 */
final class Webhooks_Page extends Menu_Page {

	public const SLUG = Admin::PAGE;

	public const ORDER = 10;

	protected const CAPABILITY = Capabilities::VIEW;

	/**
	 * The list, once the page is being made.
	 */
	private ?List_View $list = null;

	/**
	 * Webhooks that shall be deleted, where that has to be asked.
	 *
	 * @var list<Webhook>
	 */
	private array $doomed = array();

	/**
	 * {@inheritDoc}
	 */
	public function title(): string {
		return __( 'Webhooks', 'network-webhooks' );
	}

	/**
	 * {@inheritDoc}
	 */
	public function menu_title(): string {
		return __( 'All Webhooks', 'network-webhooks' );
	}

	/**
	 * {@inheritDoc}
	 */
	public function tab_title(): string {
		return __( 'All Webhooks', 'network-webhooks' );
	}

	/**
	 * {@inheritDoc}
	 */
	public function add_hooks(): void {
		add_filter( 'set_screen_option_' . List_Table::PER_PAGE, array( List_View::class, 'rows' ), 10, 3 );
		( new Actions( $this->plugin->webhooks(), $this->plugin->publisher(), $this->plugin->test_event() ) )->add_hooks();
		( new Save_Actions( $this->plugin->webhooks(), $this->plugin->publisher(), $this->plugin->catalogue(), $this->plugin->drafts(), $this->plugin->test_event() ) )->add_hooks();
	}

	/**
	 * {@inheritDoc}
	 */
	public function load(): void {
		if ( Bulk_Actions::is_posted() ) {
			$this->doomed = ( new Bulk_Actions( $this->plugin->webhooks(), $this->plugin->publisher(), $this->plugin->test_event() ) )->handle();
		} elseif ( Webhook_View::ACTION === self::asked( 'action' ) ) {
			Help::of_webhook( get_current_screen() );
		} elseif ( '' !== self::asked( 'action' ) ) {
			if ( ! current_user_can( Capabilities::MANAGE ) ) {
				wp_die( esc_html__( 'Sorry, you are not allowed to change the webhooks of this network.', 'network-webhooks' ), '', 403 );
			}
			'edit' === self::asked( 'action' ) ? Help::of_form( get_current_screen() ) : Help::of_list( get_current_screen() );
		} else {
			$this->list = new List_View( $this->plugin->webhooks(), $this->plugin->catalogue() );
			$this->list->load();
		}
	}

	/**
	 * {@inheritDoc}
	 */
	protected function add_assets(): void {
		parent::add_assets();
		if ( $this->list ) {
			$this->add_script( 'network-webhooks-list', 'list', array( 'clipboard', 'wp-a11y', 'wp-i18n' ) );
		} else {
			$this->add_script( 'network-webhooks-form', 'form', array( 'network-webhooks' ) );
			$this->add_script( 'network-webhooks-services', 'services', array( 'network-webhooks' ) );
			$this->add_script( 'network-webhooks-events', 'events', array( 'network-webhooks' ) );
			$this->add_script( 'network-webhooks-sites', 'sites', array( 'network-webhooks-form' ) );
		}
	}

	/**
	 * Prints what the request asks for.
	 */
	public function print(): void {
		if ( $this->list ) {
			$this->list->print( $this->print_tabs( ... ), false );
			return;
		}
		$webhooks = $this->plugin->webhooks();
		$test     = $this->plugin->test_event();
		$action   = self::asked( 'action' );
		$webhook  = $webhooks->find( self::asked( 'webhook' ) );
		if ( $this->doomed ) {
			( new Delete_View() )->print( $this->doomed );
		} elseif ( Deleted_View::ACTION === $action ) {
			( new Deleted_View( $webhooks, $this->plugin->catalogue() ) )->print();
		} elseif ( 'tests' === $action ) {
			( new Tests_View( $webhooks, $test ) )->print( self::asked( 'tests' ) );
		} elseif ( $webhook && Webhook_View::ACTION === $action ) {
			( new Webhook_View( $webhooks, $this->plugin->catalogue() ) )->print( $webhook );
		} elseif ( $webhook && 'edit' === $action ) {
			( new Edit_View( $this->plugin->catalogue(), $webhooks, $test ) )->print( $webhook );
		} elseif ( $webhook && 'delete' === $action ) {
			( new Delete_View() )->print( array( $webhook ) );
		} elseif ( 'test' === $action && '' !== self::asked( 'event' ) ) {
			( new Test_View( $test ) )->print( $webhook, self::asked( 'event' ), self::asked( 'back' ) );
		} else {
			( new List_View( $webhooks, $this->plugin->catalogue() ) )->print( $this->print_tabs( ... ), ! $webhook );
		}
	}
}
