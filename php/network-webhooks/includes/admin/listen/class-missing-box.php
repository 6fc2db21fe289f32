<?php
/**
 * Why an event was not recorded.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Listen;

use Network_Webhooks\Active_Plugins;
use Network_Webhooks\Capabilities;
use Network_Webhooks\Capture_Session;
use Network_Webhooks\Captured_Events;
use Network_Webhooks\Custom_Events;
use Network_Webhooks\Date_Format;
use Network_Webhooks\Environment;
use Network_Webhooks\Event;
use Network_Webhooks\Hook_Calls;
use Network_Webhooks\Plugin;
use Network_Webhooks\Refused_Hooks;
use Network_Webhooks\Server;
use Network_Webhooks\Source_Plugins;
use Network_Webhooks\Sources\Source_Worker;
use Network_Webhooks\Suppressions;

defined( 'ABSPATH' ) || exit;

/**
 * Nothing of an event was heard: says what was looked at, and what of it may be the reason.
 */
final class Missing_Box {

	public function __construct( private readonly Plugin $plugin, private readonly Capture_Status $capture_status ) {}

	/**
	 * Prints it.
	 */
	public function print( string $slug ): void {
		$event   = $this->plugin->catalogue()->find( $slug );
		$reasons = array_values( array_filter( array( ...$this->of_capture_session(), ...$this->of_event( $slug, $event ), ...$this->of_suppressions( $slug ), ...self::of_processes() ) ) );
		?>
		<section class="network-webhooks-missing" aria-labelledby="network-webhooks-missing">
			<h2 id="network-webhooks-missing">
				<?php
				/* translators: %s: name of an event */
				echo esc_html( sprintf( __( '“%s” was not recorded', 'network-webhooks' ), $event->name ?? $slug ) );
				?>
			</h2>
			<p><?php esc_html_e( 'So it did not happen, or happened where nobody listened. This was looked at:', 'network-webhooks' ); ?></p>
			<ul class="ul-disc">
				<?php foreach ( $reasons as $reason ) : ?>
					<li><?php echo esc_html( $reason ); ?></li>
				<?php endforeach; ?>
			</ul>
		</section>
		<?php
	}

	/**
	 * What the listening leaves out.
	 *
	 * @return list<string>
	 */
	private function of_capture_session(): array {
		$current = $this->capture_status->current();
		$last    = Capture_Session::stored();
		$reasons = array();
		if ( ! $current ) {
			$reasons[] = $last
				/* translators: 1: date and time, 2: date and time */
				? sprintf( __( 'Nobody listens now. The last time was from %1$s to %2$s.', 'network-webhooks' ), Date_Format::exact( $last->since ), Date_Format::exact( $last->until() ) )
				: __( 'Nobody listens now: press the button, and do what should raise the event.', 'network-webhooks' );
		}
		if ( $last && ( $last->sites || $last->user ) ) {
			$reasons[] = __( 'Only events of the chosen sites or of the chosen user are recorded.', 'network-webhooks' );
		}
		if ( Captured_Events::left_out() ) {
			$reasons[] = __( 'Events were left out since there were too many: it may be one of them.', 'network-webhooks' );
		}
		return array( ...$reasons, ...( $current && current_user_can( Capabilities::MANAGE ) ? $this->capture_status->obstacles() : array() ) );
	}

	/**
	 * What is known of the event and of who raises it.
	 *
	 * @return list<string>
	 */
	private function of_event( string $slug, ?Event $event ): array {
		$catalogue = $this->plugin->catalogue();
		$custom    = Custom_Events::find( $slug );
		$reasons   = array();
		if ( ! $event ) {
			/* translators: %s: name of an event */
			return array( sprintf( __( 'No plugin that was loaded so far registers an event “%s”, and none of this name was seen: is it spelled like that?', 'network-webhooks' ), $slug ) );
		}
		if ( $custom ) {
			$reasons[] = self::of_action( $custom->action );
		}
		foreach ( $event->sources() as $source ) {
			$reasons[] = Source_Worker::NAME === $source
				? __( 'It is raised by the worker and not by PHP, and can’t be listened to. Deliveries has it where a webhook is for it.', 'network-webhooks' )
				: self::of_source( $source, $custom ? '' : $event->when[ $source ] ?? '' );
		}
		$reasons[] = 0 === $catalogue->seen( $slug )
			? __( 'It was never seen on this network.', 'network-webhooks' )
			/* translators: %s: on how many sites, such as “Seen on 3 sites” */
			: sprintf( __( '%s before.', 'network-webhooks' ), $catalogue->seen_text( $slug ) );
		return $reasons;
	}

	/**
	 * When a source raises it, and whether its plugin is active.
	 */
	private static function of_source( string $source, string $when ): string {
		/* translators: 1: name of a source such as woocommerce, 2: when it raises the event */
		$text   = '' === $when ? '' : sprintf( __( '%1$s raises it: %2$s', 'network-webhooks' ), $source, $when );
		$folder = Source_Plugins::FOLDERS[ $source ][0] ?? $source;
		if ( isset( Source_Plugins::FOLDERS[ $source ] ) || Active_Plugins::is_installed( $folder ) ) {
			$text .= ' ' . Active_Plugins::describe( $folder, Capture_Session::stored()->sites ?? array() );
		}
		return trim( $text );
	}

	/**
	 * Where a custom event's action is fired.
	 */
	private static function of_action( string $action ): string {
		$refused = Refused_Hooks::reason( $action );
		if ( '' !== $refused ) {
			return $refused;
		}
		$calls = Hook_Calls::known( $action );
		return $calls
			/* translators: 1: name of a WordPress action, 2: file and line */
			? sprintf( __( 'It happens when the action %1$s is fired, as in %2$s.', 'network-webhooks' ), $action, $calls[0]['file'] . ':' . $calls[0]['line'] )
			/* translators: %s: name of a WordPress action */
			: sprintf( __( 'It happens when the action %s is fired, and no code that is installed was found to do that.', 'network-webhooks' ), $action );
	}

	/**
	 * What keeps it from being sent.
	 *
	 * @return list<string>
	 */
	private function of_suppressions( string $slug ): array {
		$reasons = array();
		$cause   = $this->plugin->dispatcher()->suspension()->cause( $slug );
		if ( $cause ) {
			$reasons[] = Match_Text::of_all( $cause['reason'], $cause['by'], '', true );
		}
		foreach ( Suppressions::all() as $one ) {
			if ( $one['event'] === $slug ) {
				/* translators: 1: date and time, 2: what happened */
				$reasons[] = sprintf( __( 'Last at %1$s: %2$s', 'network-webhooks' ), Date_Format::exact( $one['at'] ), Match_Text::of_all( $one['reason'], $one['by'], '', true ) );
			}
		}
		return $reasons;
	}

	/**
	 * Processes that lack the extension. Where they run is for those who manage webhooks.
	 *
	 * @return list<string>
	 */
	private static function of_processes(): array {
		if ( ! current_user_can( Capabilities::MANAGE ) ) {
			return array();
		}
		$reasons = Environment::has_extension() ? array() : array( Environment::extension_problem() );
		foreach ( Server::all() as $one ) {
			if ( '' === $one['extension'] ) {
				/* translators: 1: name of a server, 2: kind of process such as cli */
				$reasons[] = sprintf( __( 'On the server %1$s, PHP of the kind %2$s lacks the extension: what happens there waits in the database.', 'network-webhooks' ), $one['server'], $one['sapi'] );
			}
		}
		return $reasons ? $reasons : array( __( 'Every kind of PHP process that was seen has the extension.', 'network-webhooks' ) );
	}
}
