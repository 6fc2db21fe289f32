<?php
/**
 * Characters that nobody sees are taken out of what is typed, with a word, or refused; with the
 * extension and without it.
 */

use Network_Webhooks\Admin\Form\Email_Group;
use Network_Webhooks\Custom_Event;
use Network_Webhooks\Invisible;
use Network_Webhooks\Webhook;
use Network_Webhooks\Webhook_Check;

final class Invisible_Test extends Network_Test_Case {

	private const TYPED = array(
		'name'       => "\u{FEFF}Pay\u{202E}ments\u{200B}",
		'url'        => "\u{200B}https://endpoint.example/ho\u{AD}ok\u{FEFF}",
		'headers'    => "\u{FEFF}Author\u{200B}ization: Bearer abc\u{200B}\u{A0}",
		'mail_to'    => "books@network.example\u{200B}\nops@net\u{2060}work.example",
		'fields'     => "order\u{200B}.id",
		'patterns'   => "lesson_finished refund_*\u{A0}payment_*\u{200B}",
		'site_list'  => "1\u{200B}",
		'sites'      => 'only',
	);

	public function test_invisible_characters_of_a_form_were_saved(): void {
		$admin = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		( new Webhook_Form( $admin ) )->open_new()->post( self::TYPED );
		$this->assert_sees( 'The webhook is set up.', $admin );
		$this->assert_sees( 'Invisible characters, such as zero-width spaces, were removed from what you typed: Name, URL, ', $admin );
		$webhook = $this->plugin()->webhooks()->all()[0];
		$this->assertSame( array( 'Payments', 'https://endpoint.example/hook' ), array( $webhook->name, $webhook->url ) );
		$this->assertSame( array( array( 'name' => 'Authorization', 'value' => 'Bearer abc' ) ), $webhook->setting( 'headers' ) );
		$this->assertSame( array( 'books@network.example', 'ops@network.example' ), $webhook->mail_to() );
		$this->assertSame( array( array( 'order.id' ), array( 'lesson_finished', 'refund_*', 'payment_*' ), array( 'only' => array( 1 ) ) ), array( $webhook->setting( 'fields' ), $webhook->events(), $webhook->setting( 'sites' ) ) );
	}

	public function test_a_no_break_space_within_a_url_is_refused(): void {
		$admin = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		( new Webhook_Form( $admin ) )->open_new()->post( array( 'url' => "https://endpoint.example/a\u{A0}b" ) + self::TYPED );
		$this->assert_sees( 'the URL contains a space', $admin );
		$this->assert_sees( 'Invisible characters', $admin );
		$this->assertSame( array(), $this->plugin()->webhooks()->all() );
	}

	public function test_invisible_characters_of_templates_and_conditions_were_saved(): void {
		$admin = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		$texts = array(
			array( array( 'format' => 'template', 'content_type' => 'application/x-www-form-urlencoded', 'template' => "\u{FEFF}a={{ id }}" ), 'line 1, column 1: the template contains an invisible character (U+FEFF)' ),
			array( array( 'format' => 'template', 'template' => "{\n\"a\": \"x\u{200B}\"}" ), 'line 2, column 8: the template contains an invisible character (U+200B)' ),
			array( array( 'condition' => "type\u{A0}== 'x'" ), 'line 1, column 5: the condition contains an invisible character (U+00A0)' ),
		);
		foreach ( $texts as list( $typed, $said ) ) {
			( new Webhook_Form( $admin ) )->open_new()->post( $typed + array( 'name' => 'A', 'url' => 'https://endpoint.example/', 'patterns' => 'lesson_finished' ) );
			$this->assert_sees( $said, $admin );
			$this->assertSame( array(), $this->plugin()->webhooks()->all() );
		}
	}

	/**
	 * What the extension and PHP alone say of the same webhook.
	 */
	public static function wrong(): array {
		return array(
			array( array( 'name' => "Pay\u{200E}" ), 'name', 'the name contains an invisible character (U+200E)' ),
			array( array( 'name' => "a\nb" ), 'name', 'the name contains an invisible character (U+000A)' ),
			array( array( 'url' => "https://a.example/\u{200B}" ), 'url', 'the URL contains an invisible character (U+200B)' ),
			array( array( 'url' => "https://a.exam\u{AD}ple/" ), 'url', 'the URL contains an invisible character (U+00AD)' ),
			array( array( 'ca_file' => "/etc/a\u{FEFF}.pem" ), 'ca_file', 'the path contains an invisible character (U+FEFF)' ),
			array( array( 'headers' => array( array( 'name' => "X-\u{200D}A", 'value' => 'a' ) ) ), 'headers[0]', 'the header\'s name contains an invisible character (U+200D)' ),
			array( array( 'headers' => array( array( 'name' => 'X-A', 'value' => "a\u{200B}" ) ) ), 'headers[0]', 'the value of the header "X-A" contains something other than visible ASCII characters' ),
			array( array( 'format' => 'template', 'content_type' => 'text/plain', 'template' => "a\u{2066}" ), 'template', 'the template contains an invisible character (U+2066): delete it' ),
			array( array( 'condition' => "type == '\u{2028}'" ), 'condition', 'the condition contains an invisible character (U+2028): delete it' ),
			array( array( 'fields' => array( 'a', "b\u{3164}" ) ), 'fields[1]', "the field \"b\u{3164}\" contains an invisible character (U+3164)" ),
		);
	}

	/**
	 * @dataProvider wrong
	 */
	public function test_without_the_extension_they_were_saved( array $settings, string $field, string $message ): void {
		$webhook = $settings + Webhook::create( 'A', 'https://endpoint.example/', 'lesson_finished' )->to_config();
		foreach ( array( webhooks_check( array( $webhook ) )[0] ?? null, Webhook_Check::of( $webhook ) ) as $wrong ) {
			$this->assertNotNull( $wrong );
			$this->assertSame( $field, $wrong['field'] );
			$this->assertStringContainsString( $message, $wrong['message'] );
		}
	}

	public function test_what_joins_what_one_sees_is_taken(): void {
		$names = array( "👩\u{200D}💻 ❤\u{FE0F}", "می\u{200C}خواهم", "1\u{FE0F}\u{20E3}", 'Zahlungen für München' );
		foreach ( $names as $name ) {
			$this->assertSame( $name, Invisible::strip( $name ) );
			$webhook = array( 'name' => $name, 'format' => 'template', 'template' => "{\"a\": \"$name\"}" ) + Webhook::create( 'A', 'https://endpoint.example/', 'lesson_finished' )->to_config();
			$this->assertSame( array( array(), null ), array( webhooks_check( array( $webhook ) ), Webhook_Check::of( $webhook ) ) );
		}
	}

	public function test_both_lists_are_the_same(): void {
		$differ = array();
		// Every block in which one is, and its neighbours.
		$ranges = array( array( 0, 0x1fff ), array( 0x2000, 0x32ff ), array( 0xf900, 0xffff ), array( 0x11000, 0x111ff ), array( 0x13300, 0x134ff ), array( 0x1bc00, 0x1bcff ), array( 0x1d100, 0x1d1ff ), array( 0xdff00, 0xe11ff ) );
		foreach ( $ranges as list( $first, $last ) ) {
			$webhooks   = array();
			$characters = array();
			for ( $code = $first; $code <= $last; $code++ ) {
				$characters[] = mb_chr( $code );
				$webhooks[]   = array( 'id' => "w$code", 'name' => 'a' . mb_chr( $code ), 'url' => 'https://endpoint.example/', 'events' => array( 'a' ), 'signature' => 'none' );
			}
			$wrong = array_flip( array_column( webhooks_check( $webhooks ), 'number' ) );
			foreach ( $characters as $number => $character ) {
				if ( isset( $wrong[ $number ] ) !== ( null !== Invisible::find_in_words( "a$character" ) ) ) {
					$differ[] = sprintf( 'U+%04X', mb_ord( $character ) );
				}
			}
		}
		$this->assertSame( array(), $differ );
	}

	public function test_a_stored_name_with_them_keeps_a_webhook_going(): void {
		$webhook = $this->store( Webhook::create( "Old\u{200B} name", 'https://endpoint.example/', 'lesson_finished' ) );
		$this->assertSame( array(), webhooks_status()['config']['set_aside'] );
		$this->assertSame( 'Old name', $webhook->to_config()['name'] );
	}

	public function test_addresses_and_names_elsewhere(): void {
		$this->assertSame( array( 'a@b.example', 'c@d.example' ), Email_Group::addresses( "a@b.example\u{A0}c@d.example" ) );
		$this->assertSame( array( 'a@b.example[U+200B]' ), array_values( Email_Group::wrong( array( "a@b.example\u{200B}", 'c@d.example' ) ) ) );
		$this->expectExceptionMessage( 'The name contains an invisible character (U+202E): delete it.' );
		Custom_Event::create( 'x', 'x', "A\u{202E}B" );
	}
}
