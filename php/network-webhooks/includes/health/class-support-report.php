<?php
/**
 * A report for whoever helps.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

use Network_Webhooks\Announcements\Health_Checks;

defined( 'ABSPATH' ) || exit;

/**
 * Everything that one asks for when webhooks don't work, as a text that can be handed to others:
 * no secrets, no payloads, and of each URL only scheme and host, as paths often hold a key.
 */
final class Support_Report {

	public function __construct( private readonly Status_Report $status_report, private readonly Webhooks $webhooks ) {}

	/**
	 * The report.
	 */
	public function text(): string {
		$lines = array( 'Network Webhooks, ' . gmdate( 'Y-m-d H:i:s' ) . ' UTC' );
		foreach ( Health_Checks::now() as $condition => $sentence ) {
			$lines[] = "! $condition: $sentence";
		}
		foreach ( $this->status_report->sections() as $title => $rows ) {
			array_push( $lines, '', "## $title" );
			foreach ( $rows as $name => $value ) {
				$lines[] = "$name: $value";
			}
		}
		array_push( $lines, '', '## ' . __( 'Servers', 'network-webhooks' ), implode( ' | ', Status_Report::server_columns() ) );
		foreach ( $this->status_report->servers() as $row ) {
			$lines[] = implode( ' | ', $row );
		}
		array_push( $lines, '', '## ' . __( 'Webhooks', 'network-webhooks' ) );
		$stats = Environment::has_extension() ? webhooks_stats( array( 'hours' => 0 ) )['webhooks'] : array();
		foreach ( $this->webhooks->all() as $webhook ) {
			$lines[] = $this->line( $webhook, $stats[ $webhook->id ] ?? array() );
		}
		return implode( "\n", $lines ) . "\n";
	}

	/**
	 * What is said of a webhook.
	 *
	 * @param array<string, mixed> $stats As webhooks_stats() has it; empty where it has nothing.
	 */
	private function line( Webhook $webhook, array $stats ): string {
		$url   = wp_parse_url( $webhook->url );
		$parts = array(
			$webhook->id,
			( $url['scheme'] ?? '' ) . '://' . ( $url['host'] ?? '' ),
			implode( ', ', $webhook->events() ),
			$webhook->paused ? 'paused' : 'active',
		);
		foreach ( array( 'delivered', 'failed', 'pending', 'held', 'failures_in_row', 'failing_since', 'last_success' ) as $key ) {
			$parts[] = "$key " . ( $stats[ $key ] ?? '-' );
		}
		if ( $stats['disabled'] ?? null ) {
			$parts[] = "disabled {$stats['disabled']['at']} {$stats['disabled']['reason']}";
		}
		return implode( ' | ', $parts );
	}
}
