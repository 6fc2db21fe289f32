<?php
/**
 * What WordPress and the shops store escaped for HTML is sent as plain text, and what is meant as
 * HTML as it is.
 */

use Network_Webhooks\Custom_Event;
use Network_Webhooks\Plain_Text;

final class Plain_Text_Test extends Network_Test_Case {

	/** As typed, and as it arrives. */
	private const TYPED = "Tom & Jerry's <3";

	public function test_names_of_users_were_sent_with_entities(): void {
		$webhook = $this->subscribe( 'account_created', 'profile_updated', 'account_deleted' );
		$user    = $this->make_user();
		$this->plugin()->request_end_events()->send();
		wp_update_user( array( 'ID' => $user->ID, 'first_name' => 'Tom & Jerry', 'last_name' => "O'Brien & Co", 'display_name' => 'T & J' ) );
		$this->assertSame( 'Tom &amp; Jerry', get_userdata( $user->ID )->first_name, 'WordPress does not escape it any more.' );
		require_once ABSPATH . 'wp-admin/includes/ms.php';
		wpmu_delete_user( $user->ID );
		[ $created, $updated, $deleted ] = array_column( $this->events_of( $webhook ), 'data' );
		$this->assertSame( 'Jane', $created['user_firstname'] );
		$this->assertSame( array( 'Tom & Jerry', "O'Brien & Co", 'T & J' ), array( $updated['user_firstname'], $updated['user_lastname'], $updated['display_name'] ) );
		$this->assertSame( array( 'Tom & Jerry', "O'Brien & Co" ), array( $deleted['user_firstname'], $deleted['user_lastname'] ) );
	}

	public function test_an_email_address_with_an_ampersand_was_sent_with_an_entity(): void {
		$webhook = $this->subscribe( 'account_created', 'role_changed' );
		$id      = wp_insert_user( array( 'user_login' => 'amp' . bin2hex( random_bytes( 4 ) ), 'user_email' => 'a&' . bin2hex( random_bytes( 4 ) ) . '@network.example', 'user_pass' => 'x' ) );
		$this->will_delete_user( $id );
		add_user_to_blog( 1, $id, 'editor' );
		$this->plugin()->request_end_events()->send( 'account:*' );
		$user = get_userdata( $id );
		$user->set_role( 'author' );
		$this->assertStringContainsString( '&amp;', $user->user_email, 'WordPress does not escape it any more.' );
		foreach ( $this->events_of( $webhook ) as $event ) {
			$this->assertSame( html_entity_decode( $user->user_email ), $event['data']['user_email'], $event['type'] );
		}
	}

	public function test_titles_of_sites_were_sent_with_entities(): void {
		$webhook = $this->subscribe( 'site_*' );
		$id      = wp_insert_site( array( 'domain' => get_network()->domain, 'path' => '/ent' . bin2hex( random_bytes( 4 ) ) . '/', 'title' => self::TYPED, 'user_id' => 1 ) );
		update_blog_option( $id, 'blogname', '&amp;amp; &eacute;' );
		wp_delete_site( $id );
		$names = array_column( array_column( $this->events_of( $webhook ), 'data' ), 'site_name' );
		$this->assertSame( array( self::TYPED, '&amp; é', '&amp; é' ), $names );
	}

	public function test_an_account_s_site_and_a_plan_were_sent_with_entities(): void {
		$webhook = $this->subscribe( 'account_created' );
		$site    = $this->make_site();
		update_blog_option( $site, 'blogname', self::TYPED );
		$user = $this->make_user();
		$plan  = new class() {
			public function get_id(): int {
				return 12;
			}
			public function get_name(): string {
				return 'Food &amp; Drink';
			}
		};
		$membership = new class( $plan, $site ) {
			public function __construct( private object $plan, private int $site ) {}
			public function get_plan(): object {
				return $this->plan;
			}
			public function get_sites(): array {
				return array( $this );
			}
			public function get_id(): int {
				return $this->site;
			}
		};
		$customer   = new class( $user->ID ) {
			public function __construct( private int $user ) {}
			public function get_user_id(): int {
				return $this->user;
			}
		};
		do_action( 'wu_checkout_done', null, $membership, $customer );
		$data = $this->events_of( $webhook )[0]['data'];
		$this->assertSame( array( self::TYPED, 'Food & Drink' ), array( $data['user_site_name'], $data['plan_name'] ) );
	}

	public function test_a_comment_s_author_was_sent_with_entities_and_its_content_stays_html(): void {
		$webhook = $this->subscribe( 'comment_created', 'post_published' );
		// Without unfiltered_html a title is stored escaped.
		wp_set_current_user( $this->make_user( 'author' )->ID );
		kses_init();
		$post = wp_insert_post( wp_slash( array( 'post_title' => "A & B's", 'post_excerpt' => '<b>x</b> &amp; y', 'post_status' => 'publish', 'post_content' => 'x' ) ) );
		wp_set_current_user( 0 );
		kses_remove_filters();
		$this->assertSame( "A &amp; B's", get_post( $post )->post_title, 'WordPress does not escape it any more.' );
		$comment = wp_insert_comment( wp_slash( wp_filter_comment( array( 'comment_post_ID' => $post, 'comment_author' => 'Smith & Sons', 'comment_author_email' => 'a&b@c.example', 'comment_author_url' => '', 'comment_content' => 'Fish &amp; chips <b>now</b>', 'comment_type' => 'comment', 'user_id' => 0, 'comment_author_IP' => '', 'comment_agent' => '' ) ) ) );
		[ $published, $created ] = array_column( $this->events_of( $webhook ), 'data' );
		wp_delete_post( $post, true );
		$this->assertSame( array( "A & B's", '<b>x</b> &amp; y' ), array( $published['title'], $published['excerpt'] ) );
		$this->assertSame( array( 'Smith & Sons', 'a&b@c.example', 'Fish &amp; chips <b>now</b>' ), array( $created['author_name'], $created['author_email'], $created['content'] ) );
		$this->assertNotFalse( $comment );
	}

	public function test_what_ultimate_multisite_takes_escaped_was_sent_so(): void {
		$webhook = $this->subscribe( 'site_published' );
		$avatar  = '<img src="https://gravatar.example/a?s=40&#038;d=identicon">';
		$own     = array( 'add_on' => 'R&amp;D', 'customer_avatar' => $avatar, 'site_url' => 'https://network.example/?a=1&amp;b' );
		$payload = array( 'site_title' => 'Tom &amp; Jerry&#039;s', 'customer_name' => '&amp;amp;', 'membership_amount' => '&euro; 5.00' ) + $own;
		do_action( 'wu_event', 'site_published', $payload );
		do_action( 'wu_event', 'site_published', (object) $payload );
		foreach ( $this->events_of( $webhook ) as $event ) {
			$this->assertSame( array( 'site_title' => "Tom & Jerry's", 'customer_name' => '&amp;', 'membership_amount' => '€ 5.00' ) + $own, $event['data'] );
		}
	}

	public function test_a_custom_event_s_fields_were_sent_with_entities(): void {
		$event = Custom_Event::create( 'x', 'x', 'X' )->with(
			'X',
			array(
				array( 'index' => 0, 'name' => 'user', 'fields' => array( 'data.display_name', 'data.user_nicename' ) ),
				array( 'index' => 1, 'name' => 'term', 'fields' => array( 'name', 'description' ) ),
				array( 'index' => 2, 'name' => 'post', 'fields' => array( 'post_title', 'post_content' ) ),
				array( 'index' => 3, 'name' => 'text', 'fields' => array() ),
			)
		);
		$user  = (object) array( 'data' => (object) array( 'display_name' => 'T &amp; J', 'user_nicename' => 'tj' ) );
		$term  = new WP_Term( (object) array( 'term_id' => 1, 'name' => 'Food &amp; Drink', 'description' => 'a &amp; <b>b</b>' ) );
		$post  = new WP_Post( (object) array( 'ID' => 1, 'post_title' => '&lt;b&gt; &amp;amp;', 'post_content' => 'a &amp; b' ) );
		$this->assertSame(
			array(
				'user' => array( 'data' => array( 'display_name' => 'T & J', 'user_nicename' => 'tj' ) ),
				'term' => array( 'name' => 'Food & Drink', 'description' => 'a &amp; <b>b</b>' ),
				'post' => array( 'post_title' => '<b> &amp;', 'post_content' => 'a &amp; b' ),
				// Of a bare argument nobody knows whether it is stored escaped.
				'text' => '&amp;',
			),
			$event->data( array( $user, $term, $post, '&amp;' ) )
		);
	}

	public function test_what_other_plugins_dispatch_is_never_decoded(): void {
		$webhook = $this->subscribe( 'their_event' );
		$data    = array( 'name' => 'R&amp;D', 'html' => '<p>&lt;</p>' );
		network_webhooks_dispatch( 'their_event', $data );
		$this->assertSame( $data, $this->events_of( $webhook )[0]['data'] );
	}

	public function test_a_payload_keeps_its_form(): void {
		$data = array( 'a' => 1, 'b' => null, 'c' => new stdClass(), 'list' => array( '&lt;', 2.5, array( 'url' => '&amp;', 'x' => '&copy &notit; &amp;lt;' ) ), 'html' => '&amp;' );
		$want = array( 'a' => 1, 'b' => null, 'c' => new stdClass(), 'list' => array( '<', 2.5, array( 'url' => '&amp;', 'x' => '&copy &notit; &lt;' ) ), 'html' => '&amp;' );
		$this->assertEquals( $want, Plain_Text::payload( $data, array( 'html' ) ) );
		$this->assertSame( json_encode( $want ), json_encode( Plain_Text::payload( $data, array( 'html' ) ) ) );
	}
}
