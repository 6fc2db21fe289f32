<?php
/**
 * Site Health.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Says in Site Health of the main site why events wait, and what to do.
 */
final class Site_Health {

	/**
	 * Takes the parts.
	 */
	public function __construct( private readonly Publisher $publisher, private readonly Outbox $outbox ) {}

	/**
	 * Adds the hooks.
	 */
	public function add_hooks(): void {
		add_filter( 'site_status_tests', array( $this, 'add_tests' ) );
	}

	/**
	 * Adds the test, for those who can do something about it.
	 *
	 * @param array<string, array> $tests
	 * @return array<string, array>
	 */
	public function add_tests( array $tests ): array {
		if ( is_main_site() && current_user_can( Capabilities::MANAGE ) ) {
			$tests['direct']['network_webhooks'] = array(
				'label' => __( 'Network webhooks', 'network-webhooks' ),
				'test'  => array( $this, 'test' ),
			);
		}
		return $tests;
	}

	/**
	 * Whether events reach the journal.
	 *
	 * @return array<string, mixed>
	 */
	public function test(): array {
		$obstacle = $this->publisher->obstacle();
		$waiting  = $this->outbox->status();
		$texts    = array();
		if ( '' !== $obstacle ) {
			$texts[] = $obstacle;
		}
		if ( $waiting['count'] ) {
			$texts[] = sprintf(
				/* translators: 1: number of events, 2: date and time */
				_n(
					'%1$s event waits in the database since %2$s, because the process in which it happened could not write it to the journal. It is sent by itself as soon as a process can.',
					'%1$s events wait in the database, the oldest since %2$s, because the processes in which they happened could not write them to the journal. They are sent by themselves as soon as a process can.',
					$waiting['count'],
					'network-webhooks'
				),
				number_format_i18n( $waiting['count'] ),
				get_date_from_gmt( $waiting['oldest'], get_option( 'date_format' ) . ' ' . get_option( 'time_format' ) )
			);
			$texts = array_merge( $texts, $waiting['reasons'] );
		}
		if ( '' !== $obstacle ) {
			$status = 'critical';
			$label  = __( 'Webhooks can’t be sent from this server', 'network-webhooks' );
		} elseif ( $waiting['count'] ) {
			$status = 'recommended';
			$label  = __( 'Events for webhooks wait in the database', 'network-webhooks' );
		} else {
			$status  = 'good';
			$label   = __( 'Events for webhooks reach the journal', 'network-webhooks' );
			$texts[] = __( 'What happens on the network is written to the journal at once, and sent from there.', 'network-webhooks' );
		}
		return array(
			'test'        => 'network_webhooks',
			'label'       => $label,
			'status'      => $status,
			'badge'       => array(
				'label' => __( 'Webhooks', 'network-webhooks' ),
				'color' => 'blue',
			),
			'description' => implode( '', array_map( static fn( string $text ) => '<p>' . esc_html( $text ) . '</p>', array_unique( $texts ) ) ),
			'actions'     => sprintf( '<a href="%s">%s</a>', esc_url( network_admin_url( 'admin.php?page=network-webhooks' ) ), esc_html__( 'Webhooks', 'network-webhooks' ) ),
		);
	}
}
