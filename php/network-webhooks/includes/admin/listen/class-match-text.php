<?php
/**
 * What became of an event for a webhook, in words.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Listen;

use Network_Webhooks\Admin\Deliveries\Delivery_State;
use Network_Webhooks\Dispatcher;
use Network_Webhooks\Extension_Messages;
use Network_Webhooks\Failure;
use Network_Webhooks\Suppressions;

defined( 'ABSPATH' ) || exit;

/**
 * Turns the codes of Verdicts into sentences.
 */
final class Match_Text {

	/**
	 * A sentence.
	 *
	 * @param array<string, mixed> $verdict  As Verdicts makes it.
	 * @param string               $name     What the webhook is called.
	 * @param bool                 $may_read Whether the reader may see conditions, values and messages.
	 */
	public static function of( array $verdict, string $name, bool $may_read ): string {
		return match ( $verdict['code'] ) {
			/* translators: %s: name of a webhook */
			Dispatcher::SENT => sprintf( __( 'It is sent to the webhook “%s”.', 'network-webhooks' ), $name ),
			/* translators: %s: name of a webhook */
			'paused' => sprintf( __( 'The webhook “%s” did not get it yet: it is paused. The event is kept for it until somebody resumes it.', 'network-webhooks' ), $name ),
			/* translators: %s: name of a webhook */
			'disabled' => sprintf( __( 'The webhook “%s” did not get it yet: it was disabled after failures. The event is kept for it until somebody enables it.', 'network-webhooks' ), $name ),
			/* translators: 1: name of a webhook, 2: why nothing is sent */
			'held' => sprintf( __( 'The webhook “%1$s” did not get it yet: nothing is sent by the whole network. %2$s', 'network-webhooks' ), $name, Delivery_State::reason( (string) ( $verdict['reason'] ?? '' ) ) ),
			/* translators: %s: name of a webhook */
			'site' => sprintf( __( 'The webhook “%s” did not get it: it is not for this site.', 'network-webhooks' ), $name ),
			/* translators: %s: name of a webhook */
			'network' => sprintf( __( 'The webhook “%s” did not get it: it is not for events of the network as a whole.', 'network-webhooks' ), $name ),
			/* translators: %s: name of a webhook */
			'import' => sprintf( __( 'The webhook “%s” did not get it: the event is part of an import, and the webhook is not for those.', 'network-webhooks' ), $name ),
			/* translators: %s: name of a webhook */
			'only' => sprintf( __( 'The webhook “%s” did not get it: the code that raised the event named other webhooks for it.', 'network-webhooks' ), $name ),
			'condition' => self::condition( $verdict, $name, $may_read ),
			/* translators: 1: name of a webhook, 2: what is wrong */
			'error' => sprintf( __( 'The webhook “%1$s” does not get it: no request can be made of it. %2$s', 'network-webhooks' ), $name, self::said( $verdict, $may_read ) ),
			'address' => self::address( $verdict, $name, $may_read ),
			/* translators: %s: name of a webhook */
			'unpublished' => sprintf( __( 'The webhook “%s” did not get it: the server on which it happened did not know the webhook yet as it was saved.', 'network-webhooks' ), $name ),
			/* translators: 1: name of a webhook, 2: why an event waits */
			Dispatcher::WAITS => sprintf( __( 'The webhook “%1$s” did not get it yet: the event waits in the database. %2$s', 'network-webhooks' ), $name, self::said( $verdict, $may_read ) ),
			/* translators: 1: name of a webhook, 2: name of a plugin or file */
			Suppressions::SUSPENDED => sprintf( __( 'The webhook “%1$s” did not get it: %2$s suspended such events with network_webhooks_suspend().', 'network-webhooks' ), $name, self::by( $verdict ) ),
			/* translators: 1: name of a webhook, 2: name of a constant */
			Suppressions::CONSTANT => sprintf( __( 'The webhook “%1$s” did not get it: the constant %2$s, which usually stands in wp-config.php, suspends such events.', 'network-webhooks' ), $name, self::by( $verdict ) ),
			/* translators: 1: name of a webhook, 2: names of plugins or files, 3: name of a filter */
			Suppressions::FILTER => sprintf( __( 'The webhook “%1$s” did not get it: %2$s suppressed it with the filter %3$s.', 'network-webhooks' ), $name, self::by( $verdict ), 'network_webhooks_should_dispatch' ),
			/* translators: 1: name of a webhook, 2: names of plugins or files, 3: name of a filter */
			Dispatcher::DROPPED => sprintf( __( 'The webhook “%1$s” did not get it: %2$s dropped its payload with the filter %3$s.', 'network-webhooks' ), $name, self::by( $verdict ), 'network_webhooks_payload' ),
			/* translators: 1: name of a webhook, 2: message of an error */
			Dispatcher::LOST => sprintf( __( 'The webhook “%1$s” did not get it: an error came between. %2$s', 'network-webhooks' ), $name, self::said( $verdict, $may_read ) ),
			/* translators: %s: name of a webhook */
			'large' => sprintf( __( 'It is for the webhook “%s”, but too large to try its condition here: the deliveries tell what became of it.', 'network-webhooks' ), $name ),
			/* translators: %s: name of a webhook */
			default => sprintf( __( 'It is for the webhook “%s”. There was no time to look whether it is sent: the deliveries tell.', 'network-webhooks' ), $name ),
		};
	}

	/**
	 * What becomes of an event whoever subscribes; empty where that differs.
	 *
	 * @param string       $outcome See Listener.
	 * @param list<string> $by
	 */
	public static function of_all( string $outcome, array $by, string $message, bool $may_read ): string {
		$by = self::by( array( 'by' => $by ) );
		return match ( $outcome ) {
			/* translators: %s: name of a plugin or file */
			Suppressions::SUSPENDED => sprintf( __( '%s suspended such events with network_webhooks_suspend().', 'network-webhooks' ), $by ),
			/* translators: %s: name of a constant */
			Suppressions::CONSTANT => sprintf( __( 'The constant %s suspends such events.', 'network-webhooks' ), $by ),
			/* translators: 1: names of plugins or files, 2: name of a filter */
			Suppressions::FILTER => sprintf( __( '%1$s suppressed it with the filter %2$s.', 'network-webhooks' ), $by, 'network_webhooks_should_dispatch' ),
			/* translators: 1: names of plugins or files, 2: name of a filter */
			Dispatcher::DROPPED => sprintf( __( '%1$s dropped its payload with the filter %2$s.', 'network-webhooks' ), $by, 'network_webhooks_payload' ),
			/* translators: %s: message of an error */
			Dispatcher::LOST => sprintf( __( 'An error came between: %s', 'network-webhooks' ), $may_read ? Extension_Messages::translated( $message ) : '—' ),
			Dispatcher::WAITS => __( 'It waits in the database, since the process in which it happened could not hand it over.', 'network-webhooks' ),
			default => '',
		};
	}

	/**
	 * A condition that is false, and of which values.
	 *
	 * @param array<string, mixed> $verdict
	 */
	private static function condition( array $verdict, string $name, bool $may_read ): string {
		if ( ! $may_read ) {
			/* translators: %s: name of a webhook */
			return sprintf( __( 'The webhook “%s” did not get it: its condition is false.', 'network-webhooks' ), $name );
		}
		$condition = (string) ( $verdict['condition'] ?? '' );
		$values    = array();
		foreach ( (array) ( $verdict['values'] ?? array() ) as $path => $value ) {
			$values[] = $path . ' = ' . wp_json_encode( $value, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION );
		}
		return $values
			/* translators: 1: name of a webhook, 2: a condition such as data.amount > 100, 3: values such as data.amount = 19 */
			? sprintf( __( 'The webhook “%1$s” did not get it: its condition `%2$s` is false with %3$s.', 'network-webhooks' ), $name, $condition, implode( ', ', $values ) )
			/* translators: 1: name of a webhook, 2: a condition such as data.amount > 100 */
			: sprintf( __( 'The webhook “%1$s” did not get it: its condition `%2$s` is false.', 'network-webhooks' ), $name, $condition );
	}

	/**
	 * An address that may not be reached.
	 *
	 * @param array<string, mixed> $verdict
	 */
	private static function address( array $verdict, string $name, bool $may_read ): string {
		$said = Failure::sentence(
			array(
				'status'  => null,
				'failure' => array( 'code' => (string) ( $verdict['reason'] ?? '' ) ),
			)
		);
		/* translators: 1: name of a webhook, 2: why, and what to do */
		return sprintf( __( 'The webhook “%1$s” does not get it: its address is refused. %2$s', 'network-webhooks' ), $name, trim( $said . ' ' . self::said( $verdict, $may_read ) ) );
	}

	/**
	 * What the extension or an error said, for whoever may read it.
	 *
	 * @param array<string, mixed> $verdict
	 */
	private static function said( array $verdict, bool $may_read ): string {
		return $may_read ? Extension_Messages::translated( (string) ( $verdict['message'] ?? '' ) ) : '';
	}

	/**
	 * Whose code it was.
	 *
	 * @param array<string, mixed> $verdict
	 */
	private static function by( array $verdict ): string {
		$names = array_filter( (array) ( $verdict['by'] ?? array() ), 'is_string' );
		return $names ? implode( ', ', $names ) : __( 'some code', 'network-webhooks' );
	}
}
