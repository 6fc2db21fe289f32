<?php
/**
 * Which sites' events.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Form;

use Network_Webhooks\Site_Directory;
use Network_Webhooks\Webhook;

defined( 'ABSPATH' ) || exit;

/**
 * Sites, events of the network and of imports, and the condition.
 */
final class Sites_Group implements Field_Group {

	public function __construct( private readonly Site_Directory $sites ) {}

	/**
	 * What stands in its inputs for a webhook.
	 *
	 * @return array<string, string>
	 */
	public function show( Webhook $webhook ): array {
		$sites = $webhook->setting( 'sites' );
		$kind  = match ( true ) {
			isset( $sites['only'] ) => 'only',
			isset( $sites['except'] ) => 'except',
			default => 'all',
		};
		return array(
			'sites'           => $kind,
			'site_list'       => 'all' === $kind ? '' : $this->lines( $sites[ $kind ], (array) ( $webhook->settings[ Webhook::SITE_ADDRESSES ] ?? array() ) ),
			'network_events'  => $webhook->setting( 'network_events' ) ? '1' : '',
			'include_imports' => $webhook->setting( 'include_imports' ) ? '1' : '',
			'condition'       => (string) $webhook->setting( 'condition' ),
		);
	}

	/**
	 * What its inputs say.
	 *
	 * @return array<string, mixed>
	 */
	public function read( Form_Input $typed, Webhook $old, Errors $errors ): array {
		$condition = trim( $typed->text( 'condition' ) );
		$kind      = $typed->text( 'sites' );
		$settings  = array(
			'sites'           => 'all',
			'network_events'  => $typed->is_on( 'network_events' ),
			'include_imports' => $typed->is_on( 'include_imports' ),
			'condition'       => '' === $condition ? null : $condition,
		);
		if ( 'only' === $kind || 'except' === $kind ) {
			$addresses = $this->chosen( $typed, (array) ( $old->settings[ Webhook::SITE_ADDRESSES ] ?? array() ), $errors );

			$settings['sites']                   = array( $kind => array_keys( $addresses ) );
			$settings[ Webhook::SITE_ADDRESSES ] = $addresses;
		}
		return $settings;
	}

	/**
	 * Prints its inputs.
	 */
	public function print( Fields $fields, ?Webhook $old ): void {
		$fields->radios(
			'sites',
			__( 'Sites', 'network-webhooks' ),
			array(
				'all'    => __( 'All sites, also those that are made later', 'network-webhooks' ),
				'only'   => __( 'Only the sites listed here', 'network-webhooks' ),
				'except' => __( 'All but the sites listed here, also those that are made later', 'network-webhooks' ),
			)
		);
		$fields->lines(
			'site_list',
			__( 'List of sites', 'network-webhooks' ),
			__( 'Ids or addresses, one on each line: <code>3</code>, <code>shop.example.org</code> or <code>example.org/shop</code>.', 'network-webhooks' )
		);
		$fields->boxes(
			__( 'Also send', 'network-webhooks' ),
			array(
				'network_events'  => __( 'Events of the network as a whole, such as a new super admin', 'network-webhooks' ),
				'include_imports' => __( 'What happens while an import runs', 'network-webhooks' ),
			)
		);
		$fields->lines(
			'condition',
			__( 'Condition', 'network-webhooks' ),
			__( 'Sends an event only where this is true, such as <code>data.total_raw &gt;= 100 and site.id in [2, 3]</code>. Empty: always.', 'network-webhooks' ),
			array( 'rows' => 2 )
		);
	}

	/**
	 * The listed sites.
	 *
	 * @param array<int|string, string> $known Addresses of sites that were chosen before: one that was
	 *                                         deleted since may stay.
	 * @return array<int, string> Id → address.
	 */
	private function chosen( Form_Input $typed, array $known, Errors $errors ): array {
		$ids     = array();
		$unknown = array();
		foreach ( preg_split( '/[\n,;]+/', $typed->text( 'site_list' ), -1, PREG_SPLIT_NO_EMPTY ) as $line ) {
			$line = trim( $line );
			if ( preg_match( '/^(\d{1,18})(\s|$)/', $line, $parts ) ) {
				$ids[] = (int) $parts[1];
			} elseif ( '' !== $line ) {
				$unknown[] = $line;
			}
		}
		$at      = $this->sites->ids_at( $unknown );
		$ids     = array_values( array_unique( array( ...$ids, ...array_values( $at ) ) ) );
		$sites   = $this->sites->find( $ids );
		$unknown = array_diff( $unknown, array_keys( $at ) );
		$chosen  = array();
		foreach ( $ids as $id ) {
			if ( isset( $sites[ $id ] ) || isset( $known[ $id ] ) ) {
				$chosen[ $id ] = $sites[ $id ]['address'] ?? $known[ $id ];
			} else {
				$unknown[] = (string) $id;
			}
		}
		if ( $unknown ) {
			/* translators: %s: ids or addresses */
			$errors->add( 'site_list', sprintf( __( 'There is no such site: %s.', 'network-webhooks' ), implode( ', ', $unknown ) ) );
		} elseif ( ! $chosen ) {
			$errors->add( 'site_list', __( 'List at least one site, or choose all sites.', 'network-webhooks' ) );
		}
		return $chosen;
	}

	/**
	 * A line for each site.
	 *
	 * @param list<int>                 $ids
	 * @param array<int|string, string> $known Addresses of those that may be gone.
	 */
	private function lines( array $ids, array $known ): string {
		$sites = $this->sites->find( $ids );
		$lines = array();
		foreach ( $ids as $id ) {
			$lines[] = isset( $sites[ $id ] )
				? trim( "$id {$sites[ $id ]['address']} {$sites[ $id ]['name']}" )
				/* translators: 1: id of a site, 2: its last address */
				: sprintf( __( '%1$d %2$s (deleted)', 'network-webhooks' ), $id, $known[ $id ] ?? '' );
		}
		return implode( "\n", str_replace( array( ',', ';', "\n" ), ' ', $lines ) );
	}
}
