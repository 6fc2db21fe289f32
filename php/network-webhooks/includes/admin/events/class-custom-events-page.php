<?php
/**
 * Network Admin › Webhooks › Custom Events.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Custom_Event;
use Network_Webhooks\Custom_Events;
use Network_Webhooks\Date_Format;
use Network_Webhooks\Ready_Event;
use Network_Webhooks\Sources\Source_Actions;
use Network_Webhooks\Webhook;

defined( 'ABSPATH' ) || exit;

/**
 * The list of the custom events with the form for a new one, and the question before one is
 * deleted.
 */
final class Custom_Events_Page extends Menu_Page {

	public const SLUG = 'network-webhooks-custom';

	public const ORDER = 55;

	public const BELOW = Admin::EVENTS;

	/**
	 * {@inheritDoc}
	 */
	public function title(): string {
		return __( 'Custom Events', 'network-webhooks' );
	}

	/**
	 * {@inheritDoc}
	 */
	public function add_hooks(): void {
		( new Custom_Event_Actions( $this->plugin->publisher(), $this->plugin->catalogue() ) )->add_hooks();
	}

	/**
	 * {@inheritDoc}
	 */
	public function load(): void {
		Help::of_custom_events( get_current_screen() );
	}

	/**
	 * {@inheritDoc}
	 */
	protected function add_assets(): void {
		$this->add_style( 'network-webhooks', 'admin' );
		$this->add_style( 'network-webhooks-custom', 'custom-events' );
	}

	/**
	 * Address of the page.
	 *
	 * @param array<string, string> $query
	 */
	public static function url( array $query = array() ): string {
		return Admin::url( $query, self::SLUG );
	}

	/**
	 * Prints the page that the request asks for.
	 */
	public function print(): void {
		// Only chooses what is shown.
		$slug  = isset( $_GET['event'] ) ? sanitize_text_field( wp_unslash( $_GET['event'] ) ) : '';
		$event = '' === $slug ? null : Custom_Events::find( $slug );
		if ( $event && 'delete' === sanitize_key( $_GET['action'] ?? '' ) ) {
			$this->print_question( $event );
		} elseif ( $event ) {
			( new Custom_Event_Form( $this->plugin->catalogue() ) )->print( $event );
		} else {
			$this->print_list( '' !== $slug );
		}
	}

	/**
	 * Prints what came of the form that led here.
	 */
	public static function print_outcome(): void {
		// Chooses one of our own texts.
		$message = match ( sanitize_key( $_GET['done'] ?? '' ) ) {
			'added' => __( 'The event is there, and can be subscribed to. Now record the action once, to see what it hands over, and choose what is sent.', 'network-webhooks' ),
			'picked' => __( 'The event is there with what it probably sends, and can be subscribed to. It was never tried with the real plugin: record the action once, and compare.', 'network-webhooks' ),
			'saved' => __( 'The event is saved.', 'network-webhooks' ),
			'recording' => __( 'The next time that the action is fired is recorded. Do on the network what fires it, and come back.', 'network-webhooks' ),
			'deleted' => __( 'The event is deleted.', 'network-webhooks' ),
			default => '',
		};
		if ( '' !== $message ) {
			printf( '<div class="notice notice-success is-dismissible" role="status"><p>%s</p></div>', esc_html( $message ) );
		}
	}

	/**
	 * What people should know of an event, a sentence each.
	 *
	 * @param array<string, array{at: int, count: int}> $remarks
	 * @return list<string>
	 */
	public static function sentences( array $remarks ): array {
		$said = array();
		foreach ( $remarks as $what => $remark ) {
			$at = Date_Format::minute( $remark['at'] );
			if ( Custom_Events::TOO_MANY === $what ) {
				/* translators: 1: number of times, 2: date and time */
				$times = sprintf( _n( 'It happened %1$s time in one request (%2$s).', 'It happened %1$s times in one request (%2$s).', $remark['count'], 'network-webhooks' ), number_format_i18n( $remark['count'] ), $at );
				/* translators: %s: number of events */
				$first  = sprintf( _n( 'After the first %s, one event told how many more there were.', 'After the first %s, one event told how many more there were.', Source_Actions::LIMIT, 'network-webhooks' ), number_format_i18n( Source_Actions::LIMIT ) );
				$said[] = "$times $first";
			} elseif ( Custom_Events::IS_FILTER === $what ) {
				/* translators: %s: date and time */
				$said[] = sprintf( __( 'It is a filter: WordPress asks it for a value, and nothing happens then (%s). No event is sent. Delete it, and look for an action that is fired at the same place.', 'network-webhooks' ), $at );
			}
		}
		return $said;
	}

	/**
	 * Prints the list.
	 *
	 * @param bool $missing Whether the request asked for one that is not there.
	 */
	private function print_list( bool $missing ): void {
		$events  = Custom_Events::all();
		$remarks = Custom_Events::remarks();
		?>
		<div class="wrap">
			<h1><?php esc_html_e( 'Custom Events', 'network-webhooks' ); ?></h1>
			<?php $this->print_tabs(); ?>
			<?php self::print_outcome(); ?>
			<?php if ( $missing ) : ?>
				<div class="notice notice-error"><p><?php esc_html_e( 'This event no longer exists. Somebody deleted it.', 'network-webhooks' ); ?></p></div>
			<?php endif; ?>
			<p class="network-webhooks-intro"><?php esc_html_e( 'Plugins tell WordPress what they do by actions, such as learndash_course_completed. Each can become an event that webhooks subscribe to, without any code. Nothing of what an action hands over is sent unless you choose it.', 'network-webhooks' ); ?></p>
			<?php if ( $events ) : ?>
				<table class="wp-list-table widefat striped">
					<thead>
						<tr>
							<th scope="col" class="column-primary"><?php esc_html_e( 'Event', 'network-webhooks' ); ?></th>
							<th scope="col"><?php esc_html_e( 'Action', 'network-webhooks' ); ?></th>
							<th scope="col"><?php esc_html_e( 'Data', 'network-webhooks' ); ?></th>
						</tr>
					</thead>
					<tbody>
						<?php
						foreach ( $events as $event ) {
							$this->print_row( $event, self::sentences( $remarks[ $event->slug ] ?? array() ) );
						}
						?>
					</tbody>
				</table>
			<?php else : ?>
				<p><strong><?php esc_html_e( 'There are no custom events yet.', 'network-webhooks' ); ?></strong></p>
			<?php endif; ?>
			<?php $this->print_new(); ?>
			<?php $this->print_ready( $events ); ?>
		</div>
		<?php
	}

	/**
	 * Prints an event's row.
	 *
	 * @param list<string> $sentences What people should know of it.
	 */
	private function print_row( Custom_Event $event, array $sentences ): void {
		$edit   = self::url( array( 'event' => $event->slug ) );
		$delete = self::url(
			array(
				'event'  => $event->slug,
				'action' => 'delete',
			)
		);
		?>
		<tr>
			<td class="column-primary" data-colname="<?php esc_attr_e( 'Event', 'network-webhooks' ); ?>">
				<strong><a class="row-title" href="<?php echo esc_url( $edit ); ?>"><?php echo esc_html( $event->name ); ?></a></strong>
				<br><code><?php echo esc_html( $event->slug ); ?></code>
				<?php foreach ( $sentences as $sentence ) : ?>
					<p class="network-webhooks-remark"><span class="dashicons dashicons-warning" aria-hidden="true"></span> <?php echo esc_html( $sentence ); ?></p>
				<?php endforeach; ?>
				<div class="row-actions visible">
					<a href="<?php echo esc_url( $edit ); ?>"><?php esc_html_e( 'Edit', 'network-webhooks' ); ?></a> |
					<span class="delete"><a href="<?php echo esc_url( $delete ); ?>"><?php esc_html_e( 'Delete', 'network-webhooks' ); ?></a></span>
				</div>
			</td>
			<td data-colname="<?php esc_attr_e( 'Action', 'network-webhooks' ); ?>"><code><?php echo esc_html( $event->action ); ?></code></td>
			<td data-colname="<?php esc_attr_e( 'Data', 'network-webhooks' ); ?>">
				<?php
				echo $event->arguments
					? '<code>' . implode( '</code>, <code>', array_map( 'esc_html', array_column( $event->arguments, 'name' ) ) ) . '</code>'
					: esc_html__( 'None: it only says that it happened', 'network-webhooks' );
				?>
			</td>
		</tr>
		<?php
	}

	/**
	 * Prints the form for a new one.
	 */
	private function print_new(): void {
		$typed = Flash::typed( Custom_Event_Actions::FLASH ) ?? array();
		$text  = static fn( string $name ) => is_string( $typed[ $name ] ?? null ) ? $typed[ $name ] : '';
		?>
		<h2><?php esc_html_e( 'Add Custom Event', 'network-webhooks' ); ?></h2>
		<form method="post" action="<?php echo esc_url( Actions::url( 'custom_add' ) ); ?>">
			<?php Actions::print_nonce(); ?>
			<table class="form-table" role="presentation">
				<tr>
					<th scope="row"><label for="network-webhooks-custom-action"><?php esc_html_e( 'Action', 'network-webhooks' ); ?></label></th>
					<td>
						<input type="text" class="regular-text code" id="network-webhooks-custom-action" name="hook" value="<?php echo esc_attr( $text( 'hook' ) ); ?>" required maxlength="200" autocomplete="off" spellcheck="false" aria-describedby="network-webhooks-custom-action-help">
						<p class="description" id="network-webhooks-custom-action-help"><?php esc_html_e( 'As the plugin’s documentation names it: do_action( \'this_name\', … ).', 'network-webhooks' ); ?></p>
					</td>
				</tr>
				<tr>
					<th scope="row"><label for="network-webhooks-custom-name"><?php esc_html_e( 'Name', 'network-webhooks' ); ?></label></th>
					<td>
						<input type="text" class="regular-text" id="network-webhooks-custom-name" name="name" value="<?php echo esc_attr( $text( 'name' ) ); ?>" required maxlength="<?php echo (int) Custom_Event::NAME_LENGTH; ?>" aria-describedby="network-webhooks-custom-name-help">
						<p class="description" id="network-webhooks-custom-name-help"><?php esc_html_e( 'What people call it, such as Course Completed.', 'network-webhooks' ); ?></p>
					</td>
				</tr>
				<tr>
					<th scope="row"><label for="network-webhooks-custom-slug"><?php esc_html_e( 'Identifier', 'network-webhooks' ); ?></label></th>
					<td>
						<input type="text" class="regular-text code" id="network-webhooks-custom-slug" name="slug" value="<?php echo esc_attr( $text( 'slug' ) ); ?>" maxlength="100" autocomplete="off" spellcheck="false" aria-describedby="network-webhooks-custom-slug-help">
						<p class="description" id="network-webhooks-custom-slug-help"><?php esc_html_e( 'What receivers find in “type”, such as course_completed. It can’t be changed later. Empty: the action’s name.', 'network-webhooks' ); ?></p>
					</td>
				</tr>
			</table>
			<?php submit_button( __( 'Add Custom Event', 'network-webhooks' ) ); ?>
		</form>
		<?php
	}

	/**
	 * Prints those that are ready to be picked.
	 *
	 * @param list<Custom_Event> $events Those that there are.
	 */
	private function print_ready( array $events ): void {
		$there = array_column( $events, 'slug' );
		?>
		<h2><?php esc_html_e( 'Ready to Pick', 'network-webhooks' ); ?></h2>
		<p class="network-webhooks-intro"><?php esc_html_e( 'For plugins that have to be bought, as their documentation describes them: none of these was tried with the real plugin. Record one after you picked it, to see what its action really hands over.', 'network-webhooks' ); ?></p>
		<table class="wp-list-table widefat striped network-webhooks-ready">
			<thead>
				<tr>
					<th scope="col"><?php esc_html_e( 'Plugin', 'network-webhooks' ); ?></th>
					<th scope="col"><?php esc_html_e( 'Event', 'network-webhooks' ); ?></th>
					<th scope="col"><?php esc_html_e( 'Action', 'network-webhooks' ); ?></th>
					<th scope="col"><span class="screen-reader-text"><?php esc_html_e( 'Pick', 'network-webhooks' ); ?></span></th>
				</tr>
			</thead>
			<tbody>
				<?php foreach ( Ready_Event::all() as $ready ) : ?>
					<tr>
						<td><?php echo esc_html( $ready->plugin ); ?></td>
						<td><?php echo esc_html( $ready->name ); ?><br><code><?php echo esc_html( $ready->slug ); ?></code></td>
						<td><code><?php echo esc_html( $ready->action ); ?></code></td>
						<td>
							<?php if ( in_array( $ready->slug, $there, true ) ) : ?>
								<?php esc_html_e( 'Added', 'network-webhooks' ); ?>
							<?php else : ?>
								<form method="post" action="<?php echo esc_url( Actions::url( 'custom_pick' ) ); ?>">
									<?php Actions::print_nonce(); ?>
									<input type="hidden" name="ready" value="<?php echo esc_attr( $ready->slug ); ?>">
									<?php /* translators: %s: name of an event */ ?>
									<button type="submit" class="button" aria-label="<?php echo esc_attr( sprintf( __( 'Add %s', 'network-webhooks' ), $ready->name ) ); ?>"><?php esc_html_e( 'Add', 'network-webhooks' ); ?></button>
								</form>
							<?php endif; ?>
						</td>
					</tr>
				<?php endforeach; ?>
			</tbody>
		</table>
		<?php
	}

	/**
	 * Asks before deleting.
	 */
	private function print_question( Custom_Event $event ): void {
		$subscribers = array_filter( $this->plugin->webhooks()->all(), static fn( Webhook $webhook ) => in_array( $event->slug, $webhook->events(), true ) );
		?>
		<div class="wrap">
			<h1><?php esc_html_e( 'Delete Custom Event', 'network-webhooks' ); ?></h1>
			<p>
				<?php
				/* translators: 1: name of an event, 2: name of a WordPress action */
				echo esc_html( sprintf( __( 'Delete “%1$s”? The action %2$s raises no event any more. What was sent stays in the log.', 'network-webhooks' ), $event->name, $event->action ) );
				?>
			</p>
			<?php if ( $subscribers ) : ?>
				<p>
					<?php
					/* translators: %s: names of webhooks */
					echo esc_html( sprintf( __( 'These webhooks subscribe to it, and will get nothing of it: %s.', 'network-webhooks' ), implode( ', ', array_map( static fn( Webhook $webhook ) => $webhook->name, $subscribers ) ) ) );
					?>
				</p>
			<?php endif; ?>
			<form method="post" action="<?php echo esc_url( Actions::url( 'custom_delete' ) ); ?>">
				<?php Actions::print_nonce(); ?>
				<input type="hidden" name="event" value="<?php echo esc_attr( $event->slug ); ?>">
				<p class="submit">
					<?php submit_button( __( 'Delete Custom Event', 'network-webhooks' ), 'primary', 'submit', false ); ?>
					<a class="button" href="<?php echo esc_url( self::url() ); ?>"><?php esc_html_e( 'Cancel', 'network-webhooks' ); ?></a>
				</p>
			</form>
		</div>
		<?php
	}
}
