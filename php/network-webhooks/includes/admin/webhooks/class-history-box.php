<?php
/**
 * The history of a webhook.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Capabilities;
use Network_Webhooks\Date_Format;
use Network_Webhooks\History;
use Network_Webhooks\Webhook;

defined( 'ABSPATH' ) || exit;

/**
 * Shows who changed what, on the page of a webhook and below the list.
 */
final class History_Box {

	/** How many entries are shown. */
	private const ENTRIES = 50;

	/**
	 * Prints the history of a webhook.
	 */
	public static function print( Webhook $webhook ): void {
		self::print_entries( History::of( $webhook->id, self::ENTRIES ), __( 'History', 'network-webhooks' ) );
	}

	/**
	 * Prints what was changed for the whole network. Nothing where that was nothing.
	 */
	public static function print_network(): void {
		$entries = History::of( History::NETWORK, self::ENTRIES );
		if ( $entries ) {
			self::print_entries( $entries, __( 'Changes of access and settings', 'network-webhooks' ) );
		}
	}

	/**
	 * Prints entries, folded away: they are rarely what one came for.
	 *
	 * @param list<object> $entries As History::of() gives them.
	 */
	private static function print_entries( array $entries, string $title ): void {
		if ( ! current_user_can( Capabilities::MANAGE ) ) {
			return;
		}
		// One query for all names.
		cache_users( array_unique( array_column( $entries, 'user_id' ) ) );
		?>
		<details class="network-webhooks-history">
			<summary><h2><?php echo esc_html( $title ); ?></h2></summary>
			<table class="widefat striped">
				<thead>
					<tr>
						<th scope="col"><?php esc_html_e( 'When', 'network-webhooks' ); ?></th>
						<th scope="col"><?php esc_html_e( 'Who', 'network-webhooks' ); ?></th>
						<th scope="col"><?php esc_html_e( 'What', 'network-webhooks' ); ?></th>
					</tr>
				</thead>
				<tbody>
					<?php foreach ( $entries as $entry ) : ?>
						<tr>
							<td><?php echo esc_html( Date_Format::exact( $entry->at ) ); ?></td>
							<td><?php echo esc_html( self::who( $entry->user_id ) ); ?></td>
							<td>
								<?php echo esc_html( self::what( $entry->action, $entry->changes ) ); ?>
								<?php if ( in_array( $entry->action, array( History::CHANGED, History::SETTINGS ), true ) ) : ?>
									<ul>
										<?php foreach ( $entry->changes as $field => $change ) : ?>
											<li><?php echo esc_html( self::change( (string) $field, $change ) ); ?></li>
										<?php endforeach; ?>
									</ul>
								<?php endif; ?>
							</td>
						</tr>
					<?php endforeach; ?>
				</tbody>
			</table>
		</details>
		<?php
	}

	/**
	 * Who did it. A user who is gone keeps the number.
	 */
	public static function who( int $user_id ): string {
		if ( 0 === $user_id ) {
			return __( 'System', 'network-webhooks' );
		}
		$user = get_userdata( $user_id );
		/* translators: %d: id of a user who was deleted */
		return $user ? $user->user_login : sprintf( __( 'User %d, who was deleted', 'network-webhooks' ), $user_id );
	}

	/**
	 * What was done.
	 *
	 * @param array<string, array{mixed, mixed}|null> $changes
	 */
	private static function what( string $action, array $changes ): string {
		$user = (string) ( $changes['user'][1] ?? '' );
		return match ( $action ) {
			History::CREATED => __( 'Added', 'network-webhooks' ),
			History::CHANGED => __( 'Changed', 'network-webhooks' ),
			History::PAUSED => __( 'Paused', 'network-webhooks' ),
			History::RESUMED => __( 'Resumed', 'network-webhooks' ),
			History::ENABLED => __( 'Enabled again', 'network-webhooks' ),
			History::DELETED => __( 'Deleted', 'network-webhooks' ),
			History::RESTORED => __( 'Restored', 'network-webhooks' ),
			History::COPIED => __( 'The network was called a copy: all webhooks paused, with new secrets', 'network-webhooks' ),
			History::SECRET_SHOWN => __( 'The secret was shown', 'network-webhooks' ),
			/* translators: %s: login name */
			History::VIEWER_ADDED => sprintf( __( '%s may see the webhooks', 'network-webhooks' ), $user ),
			/* translators: %s: login name */
			History::VIEWER_REMOVED => sprintf( __( '%s may not see the webhooks any more', 'network-webhooks' ), $user ),
			History::SETTINGS => __( 'Settings changed', 'network-webhooks' ),
			History::MOVED => __( 'The network was called moved: it goes on sending', 'network-webhooks' ),
			History::SERVER => __( 'Another server was called one of this network: it sends too', 'network-webhooks' ),
			History::PUBLISHED => __( 'The webhooks of a restored database were published', 'network-webhooks' ),
			History::RESENT => __( 'Deliveries sent again', 'network-webhooks' ),
			History::BACKFILLED => __( 'Past events sent', 'network-webhooks' ),
			History::CANCELLED => __( 'Waiting deliveries cancelled', 'network-webhooks' ),
			History::INBOX_MADE => __( 'The test inbox was made', 'network-webhooks' ),
			History::INBOX_MOVED => __( 'The test inbox got a new address', 'network-webhooks' ),
			History::INBOX_DELETED => __( 'The test inbox was deleted', 'network-webhooks' ),
			History::TAKEN_BACK => __( 'Secrets taken back from this server, after the key in wp-config.php was changed', 'network-webhooks' ),
			History::LISTENED => __( 'Every event recorded for 10 minutes, with its payload', 'network-webhooks' ),
			default => $action,
		};
	}

	/**
	 * What became of a field.
	 *
	 * @param array{mixed, mixed}|null $change
	 */
	private static function change( string $field, ?array $change ): string {
		$name = self::fields()[ $field ] ?? $field;
		if ( null === $change || $change[0] === $change[1] ) {
			/* translators: %s: name of a field whose values are not shown */
			return sprintf( __( '%s: changed', 'network-webhooks' ), $name );
		}
		/* translators: 1: name of a field, 2: old value, 3: new value */
		return sprintf( __( '%1$s: %2$s → %3$s', 'network-webhooks' ), $name, self::value( $change[0] ), self::value( $change[1] ) );
	}

	/**
	 * A value as text.
	 */
	private static function value( mixed $value ): string {
		return match ( true ) {
			null === $value, '' === $value, array() === $value => '—',
			true === $value => __( 'yes', 'network-webhooks' ),
			false === $value => __( 'no', 'network-webhooks' ),
			is_scalar( $value ) => "“{$value}”",
			array_is_list( $value ) && array_filter( $value, 'is_scalar' ) === $value => implode( ', ', $value ),
			default => (string) wp_json_encode( $value, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE ),
		};
	}

	/**
	 * Names of the fields.
	 *
	 * @return array<string, string>
	 */
	private static function fields(): array {
		return array(
			'name'            => __( 'Name', 'network-webhooks' ),
			'url'             => __( 'URL', 'network-webhooks' ),
			'service'         => __( 'Send to', 'network-webhooks' ),
			'method'          => __( 'Method', 'network-webhooks' ),
			'events'          => __( 'Events', 'network-webhooks' ),
			'paused'          => __( 'Paused', 'network-webhooks' ),
			'sites'           => __( 'Sites', 'network-webhooks' ),
			'network_events'  => __( 'Events of the whole network', 'network-webhooks' ),
			'include_imports' => __( 'Events of imports', 'network-webhooks' ),
			'secrets'         => __( 'Secret', 'network-webhooks' ),
			'signature'       => __( 'Signature', 'network-webhooks' ),
			'headers'         => __( 'Headers', 'network-webhooks' ),
			'keys'            => __( 'Keys of the URL', 'network-webhooks' ),
			'format'          => __( 'Format', 'network-webhooks' ),
			'template'        => __( 'Template', 'network-webhooks' ),
			'content_type'    => __( 'Content type', 'network-webhooks' ),
			'condition'       => __( 'Condition', 'network-webhooks' ),
			'fields'          => __( 'Fields', 'network-webhooks' ),
			'timeout'         => __( 'Timeout', 'network-webhooks' ),
			'retries'         => __( 'Retries', 'network-webhooks' ),
			'concurrency'     => __( 'Requests at once', 'network-webhooks' ),
			'rate_limit'      => __( 'Rate limit', 'network-webhooks' ),
			'ordered'         => __( 'In order', 'network-webhooks' ),
			'log_bodies'      => __( 'Bodies are logged', 'network-webhooks' ),
			'disable_after'   => __( 'Disabled after', 'network-webhooks' ),
			'remove_data'     => __( 'Everything is removed with the plugin', 'network-webhooks' ),
			'ca_file'         => __( 'CA file', 'network-webhooks' ),
			'mail_to'         => __( 'Mail', 'network-webhooks' ),
		);
	}
}
