<?php
/**
 * Help.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

defined( 'ABSPATH' ) || exit;

/**
 * The tabs behind “Help” on each of our pages: the guide for network admins in short.
 */
final class Help {

	/**
	 * Adds the tabs of the list.
	 */
	public static function of_list( \WP_Screen $screen ): void {
		self::add(
			$screen,
			'overview',
			__( 'Overview', 'network-webhooks' ),
			__( 'A webhook tells another service what happens on the network: each time one of its events occurs, what is known about it is sent to its URL.', 'network-webhooks' ),
			__( 'Search looks at names, URLs and events. Choose columns and the number of rows in Screen Options.', 'network-webhooks' )
		);
		self::add(
			$screen,
			'status',
			__( 'Status', 'network-webhooks' ),
			__( 'Active: events are sent as they happen.', 'network-webhooks' ),
			__( 'Paused: somebody paused it. Its events are kept, and sent once it is resumed.', 'network-webhooks' ),
			__( 'Failing: the last attempts failed. They are repeated at growing intervals, and nothing has to be done if the receiver comes back by itself.', 'network-webhooks' ),
			__( 'Disabled: the receiver said that it is gone, or nothing but failures came back for days. Its events are kept. Correct the URL, send a test event, then enable it.', 'network-webhooks' )
		);
		self::add(
			$screen,
			'calls',
			__( 'Calls', 'network-webhooks' ),
			__( 'A call is delivered when the receiver answered with a success, and failed when all attempts were used up. Test events are not counted.', 'network-webhooks' ),
			__( 'The picture shows the last 24 hours, one bar an hour: delivered calls upwards, failed ones downwards.', 'network-webhooks' )
		);
		self::add(
			$screen,
			'actions',
			__( 'Actions', 'network-webhooks' ),
			__( 'Send Test Event sends an example to this webhook alone, also while it is paused, and shows what the receiver answered.', 'network-webhooks' ),
			__( 'Recover is there while a webhook fails, is disabled, or something waits for it: it sends what was missed.', 'network-webhooks' ),
			__( 'Duplicate makes a paused copy with a secret of its own.', 'network-webhooks' ),
			__( 'Delete asks first. For 30 days a deleted webhook stands under “Deleted”, from where it can be brought back.', 'network-webhooks' )
		);
	}

	/**
	 * Adds the tabs of a webhook's page.
	 */
	public static function of_webhook( \WP_Screen $screen ): void {
		self::add(
			$screen,
			'overview',
			__( 'Overview', 'network-webhooks' ),
			__( 'How this webhook is doing: what was delivered and what failed, how fast its endpoint answers, what waits, and the last deliveries. Test events are not counted.', 'network-webhooks' ),
			__( 'Latency p50: half of the requests were over within this time. Latency p95: 95 of 100 were.', 'network-webhooks' )
		);
	}

	/**
	 * Adds the tabs of the form.
	 */
	public static function of_form( \WP_Screen $screen ): void {
		self::add(
			$screen,
			'overview',
			__( 'Overview', 'network-webhooks' ),
			__( 'A webhook needs a name, a URL and at least one event. “Payload” beside an event shows what is sent for it. The URL is shown to you by the service that receives the events. All else has a default, and stands below “More”.', 'network-webhooks' ),
			__( 'The buttons on top fill in what a well-known service needs, and say where its URL comes from. What you typed stays.', 'network-webhooks' )
		);
		self::add(
			$screen,
			'test',
			__( 'Testing', 'network-webhooks' ),
			__( 'Send Test Event sends an example to this URL alone, as the form stands, also before you save it. The page then says what the receiver answered, and if it failed, what that means and what to do.', 'network-webhooks' ),
			__( 'Preview shows what would be sent, and sends nothing.', 'network-webhooks' )
		);
		self::add(
			$screen,
			'more',
			__( 'More', 'network-webhooks' ),
			__( 'Sites: of which sites events are sent. “All” and “All but” include sites that are made later.', 'network-webhooks' ),
			__( 'Fields: list the few parts of the data that the receiver needs, and the rest never leaves the network.', 'network-webhooks' ),
			__( 'Condition: an event is sent only where it is true, such as payments of 100 or more.', 'network-webhooks' )
		);
		self::add(
			$screen,
			'secret',
			__( 'Secret', 'network-webhooks' ),
			__( 'Each request is signed with the secret, so that the receiver can tell your events from forged ones. Give it to a receiver that asks for a signing secret; the others don’t notice it.', 'network-webhooks' ),
			__( 'It is shown after adding, and later to whoever clicks “Show the secret”, which the history keeps.', 'network-webhooks' )
		);
	}

	/**
	 * Adds the tabs of the events.
	 */
	public static function of_events( \WP_Screen $screen ): void {
		self::add(
			$screen,
			'overview',
			__( 'Overview', 'network-webhooks' ),
			__( 'These are all events there are, with when they happen, and what is sent. An event that is “Not seen yet” has not happened on this network so far: the line below says what has to happen, and in which plugin.', 'network-webhooks' ),
			__( 'Is what you need not among them? Under Custom Events any action of a plugin becomes an event.', 'network-webhooks' )
		);
		self::add(
			$screen,
			'payload',
			__( 'Payload', 'network-webhooks' ),
			__( 'The payload is what the receiver gets about an event: its fields with an example. “Show the last one that really happened” shows it with your own data.', 'network-webhooks' )
		);
	}

	/**
	 * Adds the tab of the overview.
	 */
	public static function of_overview( \WP_Screen $screen ): void {
		self::add(
			$screen,
			'overview',
			__( 'Overview', 'network-webhooks' ),
			__( 'All webhooks together: what was delivered and what failed, how fast the endpoints answered, and what waits. Half of the requests took at most the latency p50, and 95 in 100 of them at most p95.', 'network-webhooks' ),
			__( 'Figures of 7 and 30 days may be a few minutes old. Test events are not counted.', 'network-webhooks' )
		);
	}

	/**
	 * Adds the tabs of the deliveries.
	 */
	public static function of_deliveries( \WP_Screen $screen ): void {
		self::add(
			$screen,
			'overview',
			__( 'Overview', 'network-webhooks' ),
			__( 'A delivery is one event on its way to one webhook, with all its attempts. The newest is on top, and new ones appear by themselves. The log keeps them for 30 days.', 'network-webhooks' ),
			__( '“Failing deliveries” names each cause once, with what it means and what to do.', 'network-webhooks' )
		);
		self::add(
			$screen,
			'find',
			__( 'Find one', 'network-webhooks' ),
			__( 'Search by the number of an order, the reference of a payment, an email address or the id of an event. Type it whole: parts are not found.', 'network-webhooks' ),
			__( 'Is an event not there at all? Then it did not happen, no webhook subscribes to it, or its site is left out.', 'network-webhooks' )
		);
		self::add(
			$screen,
			'states',
			__( 'States', 'network-webhooks' ),
			__( 'Waiting: it has its turn, or its next attempt, soon. Failed: all attempts are used up; it can be sent again.', 'network-webhooks' ),
			__( 'Held: the webhook is paused or disabled; it is kept. Expired: it was held for more than 30 days.', 'network-webhooks' ),
			__( 'Skipped: the webhook’s condition did not hold. Cancelled: by a person, or since the webhook was deleted.', 'network-webhooks' )
		);
		self::add(
			$screen,
			'again',
			__( 'Send again', 'network-webhooks' ),
			__( 'First fix the receiver or the webhook’s URL, and send a test event until it arrives. Then filter what failed, and choose “Resend or cancel all of these”: it says how many they are before anything happens.', 'network-webhooks' ),
			__( 'What waits for its next attempt comes by itself. Each is sent with the same event id as before, so that a receiver can tell what it has had already.', 'network-webhooks' )
		);
	}

	/**
	 * Adds the tabs of the status.
	 */
	public static function of_status( \WP_Screen $screen ): void {
		self::add(
			$screen,
			'overview',
			__( 'Overview', 'network-webhooks' ),
			__( 'On top stands what is wrong and what to do; below it every part with its figures. Whatever is wrong here, the network goes on working, and events are kept.', 'network-webhooks' ),
			__( 'Download Report gives the same as a text, without secrets, for whoever helps you.', 'network-webhooks' )
		);
		self::add(
			$screen,
			'parts',
			__( 'Parts', 'network-webhooks' ),
			__( 'Events are written to the journal in the folder called spool. The worker, a program of its own, takes them from there and sends them; what became of them stands in the store.', 'network-webhooks' ),
			__( 'A worker that is not running is all right as long as it is started when there is something to send.', 'network-webhooks' )
		);
		self::add(
			$screen,
			'refused',
			__( 'Refused Events', 'network-webhooks' ),
			__( 'An event that can’t be written to the journal waits in the database, the outbox, and is sent as soon as it can be. One that can never be sent as it is, such as one that is too large, is shown here instead, with the reason.', 'network-webhooks' ),
			__( 'Fix what is wrong and try it again, or discard it. After 30 days it is discarded by itself.', 'network-webhooks' )
		);
	}

	/**
	 * Adds the tab of the mail.
	 */
	public static function of_mail( \WP_Screen $screen ): void {
		self::add(
			$screen,
			'mail',
			__( 'Mail', 'network-webhooks' ),
			__( 'These addresses are told when a webhook is disabled, a delivery fails for good, or a server has a problem. A webhook can have addresses of its own instead: in its form, below “More”.', 'network-webhooks' )
		);
	}

	/**
	 * Adds the tab of the data.
	 */
	public static function of_data( \WP_Screen $screen ): void {
		self::add(
			$screen,
			'data',
			__( 'Data', 'network-webhooks' ),
			__( 'Deleting the plugin keeps webhooks, settings and the log, unless the box is ticked: so nothing is lost where it is installed again.', 'network-webhooks' ),
			__( 'The history says who changed what of the network’s settings. Each webhook has a history of its own in its form.', 'network-webhooks' )
		);
	}

	/**
	 * Adds the tab of the access.
	 */
	public static function of_access( \WP_Screen $screen ): void {
		self::add(
			$screen,
			'access',
			__( 'Access', 'network-webhooks' ),
			__( 'Whoever is added here finds Webhooks in the toolbar, and may look at webhooks and deliveries, but not at secrets or at what the events say of people.', 'network-webhooks' )
		);
	}

	/**
	 * Adds the tabs of the custom events.
	 */
	public static function of_custom_events( \WP_Screen $screen ): void {
		self::add(
			$screen,
			'overview',
			__( 'Overview', 'network-webhooks' ),
			__( 'Plugins tell WordPress what they do by actions. Type the name of one, as the plugin’s documentation has it, and it becomes an event that webhooks subscribe to.', 'network-webhooks' ),
			__( 'Then record it once: do on the network what fires it, and come back. The page shows what the action handed over, and you choose what of it is sent. Nothing is sent that you did not choose.', 'network-webhooks' )
		);
	}

	/**
	 * Adds a tab.
	 *
	 * @param string ...$paragraphs Plain text.
	 */
	private static function add( \WP_Screen $screen, string $id, string $title, string ...$paragraphs ): void {
		$screen->add_help_tab(
			array(
				'id'      => "network-webhooks-help-$id",
				'title'   => $title,
				'content' => '<p>' . implode( '</p><p>', array_map( 'esc_html', $paragraphs ) ) . '</p>',
			)
		);
	}
}
