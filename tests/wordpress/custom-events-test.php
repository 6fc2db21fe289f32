<?php
/**
 * Any WordPress action as an event.
 */

use Network_Webhooks\Custom_Event;
use Network_Webhooks\Custom_Events;
use Network_Webhooks\Hook_Calls;
use Network_Webhooks\Hook_Sample;
use Network_Webhooks\Refused_Hooks;
use Network_Webhooks\Secrets;
use Network_Webhooks\Settings;

final class Custom_Events_Test extends Network_Test_Case {

	private const PROCESS = __DIR__ . '/processes/custom-event.php';

	protected function tearDown(): void {
		$this->plugin()->publisher()->change(
			static function () {
				foreach ( Custom_Events::all() as $event ) {
					Custom_Events::delete( $event->slug );
				}
			}
		);
		array_map( 'unlink', array_merge( glob( sys_get_temp_dir() . '/network-webhooks-custom-*' ), glob( sys_get_temp_dir() . '/network-webhooks-sample-*' ) ) );
		[ $_POST, $_COOKIE ] = array( array(), array() );
		parent::tearDown();
	}

	public function test_an_action_becomes_an_event_in_every_process_without_a_query(): void {
		$this->define( 'course_done', 'school_course_done', array( array( 0, 'user_id', array() ), array( 1, 'course', array( 'ID', 'post_title' ) ) ) );
		$webhook = $this->subscribe( 'course_done' );
		$this->run_process( self::PROCESS, array( 'school_course_done', '[7, {"ID": 42, "post_title": "Light", "post_content": "much"}]' ) );
		$event = $this->only_event( $webhook );
		$this->assertSame( array( 'course_done', 'custom' ), array( $event['type'], $event['source'] ) );
		$this->assertSame(
			array(
				'user_id' => 7,
				'course'  => array(
					'ID'         => 42,
					'post_title' => 'Light',
				),
			),
			$event['data']
		);
		$queries = json_decode( $this->run_process( __DIR__ . '/processes/page.php' ), true );
		$this->assertNotEmpty( $queries );
		$this->assertSame( array(), array_values( array_filter( $queries, static fn( string $query ) => str_contains( $query, 'network_webhooks' ) ) ) );
	}

	public function test_without_the_extension_the_option_is_read_and_the_event_waits_in_the_outbox(): void {
		$this->define( 'course_done', 'school_course_done', array( array( 0, 'user_id', array() ) ) );
		$this->subscribe( 'course_done' );
		$this->run_process( self::PROCESS, array( 'school_course_done', '[7]' ), false );
		[ $row ] = $this->outbox();
		$this->assertSame( array( 'course_done', '{"user_id":7}' ), array( $row->event, $row->data ) );
		$GLOBALS['wpdb']->query( 'DELETE FROM ' . Network_Webhooks\Schema::outbox() );
	}

	public function test_it_stands_in_the_catalogue_under_other_with_an_example_as_recorded(): void {
		$event = $this->define( 'course_done', 'school_course_done', array() );
		$this->store_event( $event->with_recording( time() + 600 ) );
		$this->run_process( self::PROCESS, array( 'school_course_done', '[7, {"ID": 42, "post_title": "Light"}, ["a", "b"]]' ) );
		$this->define( 'course_done', 'school_course_done', array( array( 0, 'user_id', array() ), array( 1, 'course', array( 'post_title' ) ), array( 2, 'tags', array() ) ) );
		$listed = json_decode( $this->run_process( self::PROCESS, array( 'catalogue', 'course_done' ) ), true );
		$this->assertSame( array( 'other', 'Course Done' ), array( $listed['category'], $listed['name'] ) );
		$this->assertStringContainsString( 'school_course_done', $listed['description'] );
		$this->assertSame(
			array(
				'user_id' => 1,
				'course'  => array( 'post_title' => 'text' ),
				'tags'    => array(),
			),
			$listed['examples']['custom']
		);
	}

	public function test_a_recording_keeps_types_and_names_and_no_value(): void {
		$event = $this->store_event( $this->define( 'course_done', 'school_course_done', array() )->with_recording( time() + 600 ) );
		$this->run_process( self::PROCESS, array( 'school_course_done', '["canary", {"ID": 42, "email": "canary@example.com", "api_key": "canary", "nested": {"deep": {"deeper": {"deepest": "canary"}}}, "list": [1]}, [{"id": 1}], null, 1.5, true]' ) );
		$sample = Custom_Events::samples()['course_done'];
		$this->assertSame( array( $event->recording, 1 ), array( $sample['recording'], $sample['site_id'] ) );
		$this->assertStringNotContainsString( 'canary', json_encode( Settings::read( Settings::CUSTOM_SAMPLES ) ) );
		$this->assertSame( array( 'string', 'stdClass', 'list of stdClass', 'null', 'float', 'bool' ), array_column( $sample['arguments'], 'type' ) );
		$this->assertSame(
			array(
				'ID'      => 'int',
				'email'   => 'string',
				'api_key' => 'string',
				'list'    => 'list of int',
			),
			$sample['arguments'][1]['fields']
		);
		$this->assertSame( array( 'id' => 'int' ), $sample['arguments'][2]['fields'] );
	}

	public function test_a_recording_is_of_the_next_occurrence_only_and_ends_by_itself(): void {
		$event = $this->store_event( $this->define( 'course_done', 'school_course_done', array() )->with_recording( time() + 600 ) );
		foreach ( array( '[1]', '["two"]' ) as $arguments ) {
			$this->run_process( self::PROCESS, array( 'school_course_done', $arguments ) );
		}
		$this->assertSame( 'int', Custom_Events::samples()['course_done']['arguments'][0]['type'] );
		$this->store_event( $event->with_recording( time() - 1 ) );
		$this->run_process( self::PROCESS, array( 'school_course_done', '["three"]' ) );
		$this->assertSame( 'int', Custom_Events::samples()['course_done']['arguments'][0]['type'] );
	}

	public function test_the_hundredth_is_the_last_that_is_sent_by_itself(): void {
		$this->define( 'course_done', 'school_course_done', array( array( 0, 'number', array() ) ) );
		$webhook = $this->subscribe( 'course_done' );
		$this->run_process( self::PROCESS, array( 'school_course_done', '[1]', '250' ) );
		$events = $this->all_events( $webhook );
		$this->assertCount( 101, $events );
		$this->assertSame( array( 'occurrences' => 150 ), end( $events )['data'] );
		$this->assertSame( 1, end( $events )['site']['id'] );
		$this->assertSame( 250, Custom_Events::remarks()['course_done'][ Custom_Events::TOO_MANY ]['count'] );
	}

	public function test_a_hundred_are_no_sum_and_nobodys_count_for_nothing(): void {
		$this->define( 'course_done', 'school_course_done', array() );
		$webhook = $this->subscribe( 'course_done' );
		$this->run_process( self::PROCESS, array( 'school_course_done', '[1]', '100' ) );
		$this->assertCount( 100, $this->all_events( $webhook ) );
		$this->assertSame( array(), Custom_Events::remarks() );
	}

	public function test_a_filter_passes_its_value_and_raises_no_event(): void {
		$this->define( 'title_asked', 'school_title', array( array( 0, 'title', array() ) ) );
		$webhook = $this->subscribe( 'title_asked' );
		$this->assertSame( 'Light', $this->run_process( self::PROCESS, array( 'filter', 'school_title', 'Light' ) ) );
		$this->assertSame( array(), $this->all_events( $webhook ) );
		$this->assertArrayHasKey( Custom_Events::IS_FILTER, Custom_Events::remarks()['title_asked'] );
	}

	public function test_an_event_that_raises_its_own_action_is_sent_once(): void {
		$this->define( 'course_done', 'school_course_done', array() );
		$webhook = $this->subscribe( 'course_done' );
		$this->run_process( self::PROCESS, array( 'recursive', 'school_course_done' ) );
		$this->assertCount( 1, $this->all_events( $webhook ) );
	}

	/**
	 * @dataProvider refused
	 */
	public function test_hooks_with_secrets_boot_and_output_hooks_are_refused( string $hook, string $why ): void {
		$this->assertStringContainsString( $why, Refused_Hooks::reason( $hook ) );
		$this->expectException( InvalidArgumentException::class );
		Custom_Event::create( 'some_event', $hook, 'Some event' );
	}

	public static function refused(): iterable {
		$hooks = array(
			'passwords'                       => array( 'wpmu_activate_user', 'wpmu_activate_blog', 'after_signup_user', 'after_signup_site', 'retrieve_password_key', 'password_reset', 'after_password_reset', 'set_auth_cookie', 'set_logged_in_cookie', 'wp_set_password', 'wp_authenticate', 'wp_authenticate_user', 'wp_create_application_password', 'wp_update_application_password', 'application_password_did_authenticate', 'auth_cookie_valid', 'wp_login_failed', 'confirm_email_address', 'wu_event', 'wu_event_confirm_email_address', 'updated_user_meta', 'add_user_meta', 'updated_option', 'update_option', 'update_site_option', 'set_transient', 'setted_site_transient', 'http_api_debug', 'phpmailer_init', 'wp_mail_failed', 'xmlrpc_call', 'generate_recovery_mode_key', 'invite_user', 'woocommerce_reset_password_notification', 'my_plugin_api_key_created', 'session_token_made', 'check_passwords' ),
			'while WordPress starts or works' => array( 'plugins_loaded', 'init', 'wp_loaded', 'wp', 'shutdown', 'template_redirect', 'admin_init', 'rest_api_init', 'switch_blog', 'pre_get_posts', 'parse_request', 'load-index.php', 'muplugins_loaded' ),
			'while a page is put out'         => array( 'wp_head', 'wp_footer', 'wp_print_scripts', 'wp_enqueue_scripts', 'admin_notices', 'network_admin_notices', 'admin_print_footer_scripts', 'login_form', 'get_template_part', 'dynamic_sidebar' ),
			'for every hook there is'         => array( 'all' ),
			'this plugin’s own'               => array( 'network_webhooks_dispatch', 'network_webhooks_register_events' ),
		);
		foreach ( $hooks as $why => $names ) {
			foreach ( $names as $name ) {
				yield $name => array( $name, $why );
			}
		}
	}

	public function test_hooks_at_which_something_happened_are_not_refused(): void {
		foreach ( array( 'user_register', 'profile_update', 'wp_login', 'wp_logout', 'learndash_course_completed', 'woocommerce_order_status_completed', 'save_post_product', 'gform_after_submission', 'transition_post_status', 'register_new_user', 'deleted_user', 'customize_save_after', 'activated_plugin', 'created_term', 'school_course_done', 'wpcf7_mail_sent', 'fluentform/submission_inserted' ) as $hook ) {
			$this->assertSame( '', Refused_Hooks::reason( $hook ), $hook );
		}
	}

	/**
	 * Every hook of WordPress whose arguments are called like a secret: refused, or the argument is.
	 */
	public function test_no_action_of_wordpress_with_an_argument_called_like_a_secret_is_sent(): void {
		$looked = 0;
		foreach ( array( ABSPATH . WPINC . '/user.php', ABSPATH . WPINC . '/ms-functions.php', ABSPATH . WPINC . '/pluggable.php', ABSPATH . WPINC . '/class-wp-application-passwords.php', ABSPATH . WPINC . '/class-wp-recovery-mode-key-service.php', ABSPATH . 'wp-login.php', ABSPATH . 'wp-admin/user-new.php' ) as $file ) {
			preg_match_all( "/do_action(?:_ref_array|_deprecated)?\(\s*'([\w-]+)'((?:[^()]|\([^()]*\))*)\)/", file_get_contents( $file ), $found, PREG_SET_ORDER );
			foreach ( $found as [ , $hook, $arguments ] ) {
				if ( preg_match( '/\$[\w>-]*(?:pass|key|token|cookie|secret)/i', $arguments ) ) {
					++$looked;
					$names = Hook_Calls::names( Hook_Calls::of( $hook ) );
					$this->assertTrue( '' !== Refused_Hooks::reason( $hook ) || array_filter( $names, array( Secrets::class, 'is_name' ) ), "$hook($arguments) in $file" );
				}
			}
		}
		$this->assertGreaterThan( 8, $looked );
	}

	/**
	 * Whatever an admin ticks, planted secrets stay here.
	 */
	public function test_canaries_in_every_argument_never_appear_in_the_payload(): void {
		$names  = array( 'password', 'user_pass', 'pwd', 'api_key', 'activationKey', 'accessToken', 'client_secret', '_wpnonce', 'auth_cookie', 'x_signature', 'credentials' );
		$object = new stdClass();
		foreach ( $names as $name ) {
			$object->$name = 'canary';
		}
		$object->inner        = clone $object;
		$object->user         = new WP_User( (object) array( 'ID' => 7, 'user_login' => 'jane', 'user_pass' => '$P$Bcanarycanarycanary', 'user_activation_key' => '1:canary' ), '', 1 );
		$object->hash         = 'stored: $wp$2y$10$canarycanarycanarycanarycanary';
		$object->jwt          = 'eyJjanaryA.eyJcanaryB.canaryC';
		$object->own          = 'Your link: https://network.example/?action=rp&key=canary&login=jane#top';
		$object->line         = 'password: canary, and so on';
		$object->json         = '{"token":"canary","b":1}';
		$object->serialized   = serialize( array( 'secret' => 'canary', 'b' => 1 ) );
		$object->header       = 'Authorization: Basic canarycanary';
		$object->bearer       = 'It sent Bearer canary7canary.';
		$object->url          = 'https://jane:canary@network.example/';
		$object->webhook      = 'whsec_canarycanarycanary';
		$object->list         = array( 'sk_live_canarycanary', array( 'password' => 'canary' ) );
		$_POST['pwd']         = 'posted-canary\\\'s';
		$object->typed        = 'posted-canary\'s';
		$object->sentence     = 'She typed posted-canary\'s twice.';
		$_COOKIE['wordpress'] = 'jane|1800000000|canarycanarycanary';
		$object->session      = 'jane|1800000000|canarycanarycanary';
		$object->database     = DB_PASSWORD . AUTH_KEY;
		$object->harmless     = 'Basic membership: light and shadow, €10 at https://network.example/?page=2';
		$array                = get_object_vars( $object );
		$fields               = array_keys( $array );
		foreach ( array( ...$names, 'user_login', 'ID' ) as $name ) {
			array_push( $fields, "inner.$name", "user.$name", "user.data.$name" );
		}
		array_push( $fields, 'user.data.user_activation_key', 'user.data.user_pass', 'user.data.user_login' );
		$arguments = array( array( 0, 'object', $fields ), array( 1, 'array', $fields ), array( 2, 'objects', $fields ), array( 3, 'url', array() ), array( 4, 'my_password', array() ) );
		$event     = $this->event( 'course_done', 'school_course_done', $arguments );
		$json      = webhooks_encode( $event->data( array( $object, $array, array( $object, $array ), $object->own, 'canary' ) ) );
		$this->assertStringNotContainsStringIgnoringCase( 'canary', $json );
		$this->assertStringNotContainsString( AUTH_KEY, $json );
		$data = json_decode( $json, true );
		$this->assertSame( $object->harmless, $data['object']['harmless'] );
		$this->assertSame( 'jane', $data['object']['user']['data']['user_login'] );
		$this->assertSame( '***', $data['object']['user']['data']['user_pass'] );
		$this->assertSame( '***', $data['my_password'] );
		$this->assertSame( 'Your link: https://network.example/?action=rp&key=***&login=jane#top', $data['url'] );
		$this->assertSame( 'She typed *** twice.', $data['array']['sentence'] );
	}

	public function test_long_texts_are_looked_through_and_not_given_up(): void {
		$long = array(
			str_repeat( 'Light and shadow. ', 60000 ),
			str_repeat( 'QmFzZTY0', 130000 ),
			str_repeat( '"', 1000000 ),
			str_repeat( 's:1:"a";', 130000 ),
			str_repeat( 'a=b&', 250000 ),
			str_repeat( '://', 300000 ),
		);
		foreach ( $long as $text ) {
			$this->assertSame( md5( $text ), md5( Secrets::mask( $text ) ), substr( $text, 0, 20 ) );
			$this->assertSame( md5( "$text token=***" ), md5( Secrets::mask( "$text token=canary" ) ), substr( $text, 0, 20 ) );
		}
	}

	public function test_only_chosen_fields_of_objects_and_arrays_are_sent(): void {
		$order = new class() {
			private array $hidden = array( 'id' => 9, 'total' => '10.00', 'email' => 'jane@example.com' );
			public function get_data(): array {
				return $this->hidden;
			}
		};
		$event = $this->event( 'order_seen', 'school_order', array( array( 0, 'order', array( 'id', 'total' ) ), array( 1, 'nothing', array() ), array( 2, 'list', array( 'id' ) ), array( 3, 'when', array() ), array( 4, 'code', array() ), array( 5, 'absent', array() ) ) );
		$data  = $event->data( array( $order, $order, array( array( 'id' => 1, 'email' => 'x' ), array( 'id' => 2 ) ), new DateTime( '2026-11-20 10:00:00+02:00' ), static fn() => 1 ) );
		$this->assertSame(
			'{"order":{"id":9,"total":"10.00"},"nothing":{},"list":[{"id":1},{"id":2}],"when":"2026-11-20T08:00:00Z","code":{},"absent":null}',
			webhooks_encode( $data )
		);
		$this->assertSame( array( 'id', 'total', 'email' ), array_keys( Hook_Sample::of( array( $order ) )[0]['fields'] ) );
	}

	public function test_the_code_says_what_is_a_filter_and_what_arguments_are_called(): void {
		$calls = Hook_Calls::of( 'profile_update' );
		$this->assertTrue( $calls[0]['is_action'] );
		$this->assertSame( array( 'user_id', 'old_user_data', 'userdata' ), Hook_Calls::names( $calls ) );
		$this->assertSame( 'wp-includes/user.php', $calls[0]['file'] );
		$this->assertFalse( Hook_Calls::of( 'the_title' )[0]['is_action'] );
		$this->assertSame( array(), Hook_Calls::of( 'nobody_fires_' . bin2hex( random_bytes( 5 ) ) ) );
		// By reference, in an array.
		$this->assertCount( 1, Hook_Calls::names( Hook_Calls::of( 'pre_get_posts' ) ) );
	}

	public function test_hook_calls_keeps_no_scan_that_found_nothing(): void {
		$hook   = 'nobody_fires_' . bin2hex( random_bytes( 5 ) );
		$plugin = WP_PLUGIN_DIR . "/$hook.php";
		$this->assertSame( array(), Hook_Calls::known( $hook ) );
		file_put_contents( $plugin, "<?php do_action( '$hook', \$user_id );" );
		try {
			$this->assertSame( array( 'user_id' ), Hook_Calls::names( Hook_Calls::known( $hook ) ) );
		} finally {
			unlink( $plugin );
		}
		// What was found is kept.
		$this->assertSame( array( 'user_id' ), Hook_Calls::names( Hook_Calls::known( $hook ) ) );
		delete_site_transient( 'network_webhooks_calls_' . md5( $hook ) );
	}

	public function test_a_failed_change_leaves_nothing_in_the_cache(): void {
		$this->assertCount( 0, Custom_Events::all() );
		try {
			$this->plugin()->publisher()->change(
				function () {
					Custom_Events::save( Custom_Event::create( 'course_done', 'school_course_done', 'Course Done' ) );
					throw new LengthException( 'undone' );
				}
			);
			$this->fail( 'It went through.' );
		} catch ( LengthException ) {
			Custom_Events::forget_undone();
		}
		$this->assertSame( array(), (array) Settings::get( Settings::CUSTOM_EVENTS, array() ) );
		$this->assertSame( array(), webhooks_actions() );
	}

	public function test_what_is_stored_wrongly_is_left_out(): void {
		$this->assertNull( Custom_Event::from_array( 'text' ) );
		$this->assertNull( Custom_Event::from_array( array( 'slug' => 'a' ) ) );
		$event = Custom_Event::from_array( array( 'slug' => 'a', 'action' => 'b', 'arguments' => array( 'x', array( 'index' => -1, 'name' => 'a' ), array( 'index' => 0, 'name' => 'no name' ), array( 'index' => 1, 'name' => 'good', 'fields' => array( 'a', 7, '' ) ) ) ) );
		$this->assertSame( array( array( 'index' => 1, 'name' => 'good', 'fields' => array( 'a' ) ) ), $event->arguments );
		$this->assertEquals( $event, Custom_Event::from_array( $event->to_array() ) );
	}

	/**
	 * @param list<array{int, string, list<string>}> $arguments
	 */
	private function event( string $slug, string $action, array $arguments ): Custom_Event {
		$name  = ucwords( strtr( $slug, '_', ' ' ) );
		$event = Custom_Event::create( $slug, $action, $name );
		return $event->with( $name, array_map( static fn( array $argument ) => array_combine( array( 'index', 'name', 'fields' ), $argument ), $arguments ) );
	}

	private function define( string $slug, string $action, array $arguments ): Custom_Event {
		return $this->store_event( $this->event( $slug, $action, $arguments ) );
	}

	private function store_event( Custom_Event $event ): Custom_Event {
		$this->plugin()->publisher()->change( static fn() => Custom_Events::save( $event ) );
		return $event;
	}

	private function only_event( $webhook ): array {
		$events = $this->events_of( $webhook );
		$this->assertCount( 1, $events );
		return $events[0];
	}

	/**
	 * Events of a webhook, also more than one page of the log.
	 */
	private function all_events( $webhook ): array {
		$this->events_of( $webhook );
		$bodies = array();
		$cursor = array();
		do {
			$page   = webhooks_deliveries( array( 'webhook_id' => $webhook->id, 'limit' => 200 ) + $cursor );
			$cursor = array( 'cursor' => $page['cursor'] );
			foreach ( $page['deliveries'] as $delivery ) {
				if ( 'test.last' !== $delivery['event'] ) {
					$bodies[] = json_decode( webhooks_delivery( $delivery['id'] )['body'], true );
				}
			}
		} while ( $page['cursor'] );
		return array_reverse( $bodies );
	}
}
