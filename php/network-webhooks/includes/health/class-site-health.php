<?php
/**
 * Site Health.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

use Network_Webhooks\Announcements\Health_Checks;

defined( 'ABSPATH' ) || exit;

/**
 * Says in Site Health of the main site why events wait, and what to do.
 */
final class Site_Health {

	/** Conditions while which events are lost or nothing is sent. */
	private const URGENT = array( 'outbox_full', 'outbox_waits', 'worker', 'worker_dies', 'worker_hangs', 'config', 'backlog', 'names', 'endpoints' );

	public function __construct(
		private readonly Publisher $publisher,
		private readonly Outbox $outbox,
		private readonly Webhooks $webhooks,
	) {}

	/**
	 * Adds the hooks.
	 */
	public function add_hooks(): void {
		add_filter( 'site_status_tests', array( $this, 'add_tests' ) );
		add_filter( 'debug_information', array( $this, 'add_information' ) );
		// Site Health's script replaces the first underscore of a test's name.
		add_action( 'wp_ajax_health-check-network-webhooks_deliveries', array( $this, 'answer' ) );
	}

	/**
	 * Adds the test, for those who can do something about it.
	 *
	 * @param mixed $tests Array of them, or what another plugin made of it.
	 * @return array<string, array>
	 */
	public function add_tests( mixed $tests ): array {
		$tests = is_array( $tests ) ? $tests : array();
		if ( is_main_site() && current_user_can( Capabilities::MANAGE ) ) {
			$tests['direct']['network_webhooks'] = array(
				'label' => __( 'Network webhooks', 'network-webhooks' ),
				'test'  => array( $this, 'test' ),
			);
			// It reads the log, which may be large: not while the page is made.
			$tests['async']['network_webhooks_deliveries'] = array(
				'label'             => __( 'Deliveries of network webhooks', 'network-webhooks' ),
				'test'              => 'network_webhooks_deliveries',
				'has_rest'          => false,
				'async_direct_test' => array( $this, 'test_deliveries' ),
			);
		}
		return $tests;
	}

	/**
	 * Adds the figures of every part to Site Health's information.
	 *
	 * @param mixed $information Array of parts, or what another plugin made of it.
	 * @return array<string, array>
	 */
	public function add_information( mixed $information ): array {
		$information = is_array( $information ) ? $information : array();
		if ( ! is_main_site() || ! current_user_can( Capabilities::MANAGE ) ) {
			return $information;
		}
		$fields = array();
		foreach ( ( new Status_Report( $this->webhooks, $this->outbox ) )->sections() as $title => $rows ) {
			foreach ( $rows as $name => $value ) {
				// Numbered, since of a title in Greek letters no key is left.
				$fields[ count( $fields ) . '-' . sanitize_key( "$title-$name" ) ] = array(
					'label' => "$title: $name",
					'value' => $value,
				);
			}
		}
		$information['network-webhooks'] = array(
			'label'  => __( 'Network Webhooks', 'network-webhooks' ),
			'fields' => $fields,
		);
		return $information;
	}

	/**
	 * Answers Site Health's request for the test that reads the log.
	 */
	public function answer(): void {
		check_ajax_referer( 'health-check-site-status' );
		if ( ! is_main_site() || ! current_user_can( Capabilities::MANAGE ) || ! current_user_can( 'view_site_health_checks' ) ) {
			wp_send_json_error();
		}
		wp_send_json_success( $this->test_deliveries() );
	}

	/**
	 * Whether all webhooks reach their endpoints.
	 *
	 * @return array<string, mixed>
	 */
	public function test_deliveries(): array {
		$texts = ( new Unhealthy_Webhooks( $this->webhooks ) )->sentences();
		if ( $texts ) {
			$texts[] = __( 'The page of a webhook says why, and what to do.', 'network-webhooks' );
			return self::result( 'network_webhooks_deliveries', 'recommended', __( 'Not all webhooks reach their endpoints', 'network-webhooks' ), $texts );
		}
		return self::result( 'network_webhooks_deliveries', 'good', __( 'Webhooks reach their endpoints', 'network-webhooks' ), array( __( 'No webhook is failing or disabled.', 'network-webhooks' ) ) );
	}

	/**
	 * Whether events reach the journal.
	 *
	 * @return array<string, mixed>
	 */
	public function test(): array {
		$obstacle = $this->publisher->obstacle();
		$waiting  = $this->outbox->status();
		// What keeps events from the journal is the obstacle's to say.
		$here     = array_diff_key( Health_Checks::here(), array_flip( array( 'extension', 'spool' ) ) );
		$warnings = Health_Checks::everywhere() + $here;
		$texts    = array_values( $warnings );
		$aside    = Set_Aside::all();
		$failed   = Environment::has_extension() ? Unpublished::here() : '';
		$loose    = Schema::without_transactions();
		if ( '' !== $obstacle ) {
			$texts[] = $obstacle;
		}
		if ( '' !== $failed ) {
			$texts[] = Unpublished::sentence( $failed );
		}
		foreach ( $aside as $one ) {
			$texts[] = $one->sentence();
		}
		if ( ! Encrypted_Values::is_possible() && '' === $obstacle ) {
			$texts[] = __( 'PHP’s extension “sodium” is missing: secrets of webhooks are stored in plain in the database. Install or enable it.', 'network-webhooks' );
		}
		if ( $loose ) {
			/* translators: %s: names of tables */
			$texts[] = sprintf( __( 'These tables have an engine without transactions: %s. Convert them to InnoDB, so that a change of webhooks that fails half-way leaves nothing behind.', 'network-webhooks' ), implode( ', ', $loose ) );
		}
		if ( $waiting['count'] ) {
			$texts[] = sprintf(
				/* translators: 1: number of events, 2: date and time */
				_n( '%1$s event waits in the database since %2$s, because the process in which it happened could not write it to the journal. It is sent by itself as soon as a process can.', '%1$s events wait in the database, the oldest since %2$s, because the processes in which they happened could not write them to the journal. They are sent by themselves as soon as a process can.', $waiting['count'], 'network-webhooks' ),
				number_format_i18n( $waiting['count'] ),
				Date_Format::minute( $waiting['oldest'] )
			);
			$texts = array_merge( $texts, array_map( array( Extension_Messages::class, 'translated' ), $waiting['reasons'] ) );
		}
		if ( '' !== $obstacle ) {
			$status = 'critical';
			$label  = __( 'Webhooks can’t be sent from this server', 'network-webhooks' );
		} elseif ( '' !== $failed ) {
			$status = 'critical';
			$label  = __( 'The webhooks could not be published', 'network-webhooks' );
		} elseif ( $aside ) {
			$status = 'critical';
			/* translators: %s: number of webhooks */
			$label = sprintf( _n( '%s webhook is invalid, and its events are not sent', '%s webhooks are invalid, and their events are not sent', count( $aside ), 'network-webhooks' ), number_format_i18n( count( $aside ) ) );
		} elseif ( $warnings ) {
			$urgent = array_intersect_key( $warnings, array_flip( self::URGENT ) );
			$status = $urgent ? 'critical' : 'recommended';
			$label  = Health_Checks::title( (string) array_key_first( $urgent + $warnings ) );
		} elseif ( ! Encrypted_Values::is_possible() ) {
			$status = 'recommended';
			$label  = __( 'Secrets of webhooks are stored in plain', 'network-webhooks' );
		} elseif ( $loose ) {
			$status = 'recommended';
			$label  = __( 'The database can’t take back changes of webhooks', 'network-webhooks' );
		} elseif ( $waiting['count'] ) {
			$status = 'recommended';
			$label  = __( 'Events for webhooks wait in the database', 'network-webhooks' );
		} else {
			$status  = 'good';
			$label   = __( 'Events for webhooks reach the journal', 'network-webhooks' );
			$texts[] = __( 'What happens on the network is written to the journal at once, and sent from there.', 'network-webhooks' );
		}
		return self::result( 'network_webhooks', $status, $label, array_unique( $texts ) );
	}

	/**
	 * What Site Health shows.
	 *
	 * @param list<string> $texts
	 * @return array<string, mixed>
	 */
	private static function result( string $test, string $status, string $label, array $texts ): array {
		return array(
			'test'        => $test,
			'label'       => $label,
			'status'      => $status,
			'badge'       => array(
				'label' => __( 'Webhooks', 'network-webhooks' ),
				'color' => 'blue',
			),
			'description' => implode( '', array_map( static fn( string $text ) => '<p>' . esc_html( $text ) . '</p>', $texts ) ),
			'actions'     => sprintf( '<a href="%s">%s</a>', esc_url( network_admin_url( 'admin.php?page=network-webhooks' ) ), esc_html__( 'Webhooks', 'network-webhooks' ) ),
		);
	}
}
