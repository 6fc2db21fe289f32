<?php
/**
 * Network Admin › Webhooks › Add New Webhook.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

defined( 'ABSPATH' ) || exit;

/**
 * The form for a webhook that is not there yet.
 */
final class New_Webhook_Page extends Menu_Page {

	public const SLUG = Admin::NEW;

	public const ORDER = 20;

	public const BELOW = Admin::PAGE;

	/**
	 * {@inheritDoc}
	 */
	public function title(): string {
		return __( 'Add New Webhook', 'network-webhooks' );
	}

	/**
	 * {@inheritDoc}
	 */
	public function tab_title(): string {
		return '';
	}

	/**
	 * {@inheritDoc}
	 */
	public function load(): void {
		Help::of_form( get_current_screen() );
	}

	/**
	 * {@inheritDoc}
	 */
	protected function add_assets(): void {
		parent::add_assets();
		$this->add_script( 'network-webhooks-form', 'form', array( 'network-webhooks' ) );
		$this->add_script( 'network-webhooks-services', 'services', array( 'network-webhooks' ) );
		$this->add_script( 'network-webhooks-events', 'events', array( 'network-webhooks' ) );
		$this->add_script( 'network-webhooks-sites', 'sites', array( 'network-webhooks-form' ) );
	}

	/**
	 * {@inheritDoc}
	 */
	public function print(): void {
		( new Edit_View( $this->plugin->catalogue(), $this->plugin->webhooks(), $this->plugin->test_event() ) )->print( null );
	}
}
