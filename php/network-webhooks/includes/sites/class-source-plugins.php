<?php
/**
 * The plugins of sources.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Says which events can't happen on this network, since no plugin that raises them is active on it. Of sources that
 * other plugins registered nobody knows which plugin theirs is: nothing is said of them.
 */
final class Source_Plugins {

	/** Source → the folders in which its plugin lies. */
	public const FOLDERS = array(
		'woocommerce'            => array( 'woocommerce' ),
		'easy-digital-downloads' => array( 'easy-digital-downloads', 'easy-digital-downloads-pro' ),
		'ultimate-multisite'     => array( 'ultimate-multisite', 'wp-multisite-waas' ),
		'wp-ultimo'              => array( 'wp-ultimo' ),
		'lifterlms'              => array( 'lifterlms' ),
		'tutor-lms'              => array( 'tutor' ),
		'sensei-lms'             => array( 'sensei-lms' ),
		'learndash'              => array( 'sfwd-lms' ),
		'paid-memberships-pro'   => array( 'paid-memberships-pro' ),
		'contact-form-7'         => array( 'contact-form-7' ),
		'fluent-forms'           => array( 'fluentform' ),
		'wpforms'                => array( 'wpforms-lite', 'wpforms' ),
		'fluentcrm'              => array( 'fluent-crm' ),
	);

	/**
	 * Sources whose plugin is active somewhere, once looked at.
	 *
	 * @var list<string>|null
	 */
	private ?array $active = null;

	/**
	 * Which plugin an event needs that is not active on the network, in a sentence. Empty: it can happen, or did.
	 */
	public function missing( Event $event, Event_Registry $registry ): string {
		$sources = array_filter( $event->sources(), 'strlen' );
		if ( ! $sources || $registry->seen( $event->slug ) || array_diff( $sources, array_keys( self::FOLDERS ) ) || array_intersect( $sources, $this->active() ) ) {
			return '';
		}
		/* translators: %s: names of plugins, such as woocommerce, lifterlms */
		return sprintf( _n( 'Not active on this network: %s.', 'None of these is active on this network: %s.', count( $sources ), 'network-webhooks' ), implode( ', ', $sources ) );
	}

	/**
	 * Sources whose plugin is active on the network, on one of its first sites, or in this request.
	 *
	 * @return list<string>
	 */
	private function active(): array {
		if ( null === $this->active ) {
			$active       = Active_Plugins::active( ...array_merge( ...array_values( self::FOLDERS ) ) );
			$sources      = array_keys( array_filter( self::FOLDERS, static fn( array $folders ) => array() !== array_intersect( $folders, $active ) ) );
			$this->active = array( ...$sources, ...Plugin::instance()->sources()->running() );
		}
		return $this->active;
	}
}
