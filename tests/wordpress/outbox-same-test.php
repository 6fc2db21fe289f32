<?php
/**
 * An event that waited in the outbox arrives as if it had gone directly: each case goes both ways,
 * and the bytes are compared.
 */

use Network_Webhooks\Stored_Value;

final class Outbox_Same_Test extends Network_Test_Case {

	private int $seed = 1;

	/**
	 * @dataProvider cases
	 */
	public function test_outbox_changes_events( Closure $make, array $options = array() ): void {
		$webhook  = $this->subscribe( 'lesson_finished' );
		$options += array(
			'timestamp' => 1_800_000_000,
			'source'    => 'school',
		);
		$this->assertNotNull( network_webhooks_dispatch( 'lesson_finished', $make(), $options ), 'Directly it was not accepted.' );
		$this->plugin()->outbox()->add( 'lesson_finished', $make(), $this->plugin()->dispatcher()->complete( $options ), 'a test' );
		$this->assertSame( 1, $this->plugin()->outbox()->drain(), $this->outbox()[0]->reason ?? '' );
		$bodies = $this->bodies_of( $webhook );
		$this->assertCount( 2, $bodies );
		// The ids differ, since the outbox gives its events a key.
		$bodies = preg_replace( '/^\{"id":"evt_\w+"/', '{"id":""', $bodies );
		$this->assertTrue( $bodies[0] === $bodies[1], "directly: {$this->shown( $bodies[0] )}\nwaiting:  {$this->shown( $bodies[1] )}" );
	}

	public static function cases(): array {
		$nested = static function ( mixed $value, int $levels ): array {
			for ( ; $levels > 0; --$levels ) {
				$value = array( $value );
			}
			return $value;
		};
		$says   = static fn( mixed $value ) => new class( $value ) implements JsonSerializable {
			public function __construct( private mixed $value ) {}
			public function jsonSerialize(): mixed {
				return $this->value;
			}
		};
		$cases  = array(
			'scalars'                              => static fn() => array( 'a' => 1, 'b' => -1, 'c' => PHP_INT_MAX, 'd' => PHP_INT_MIN, 'e' => true, 'f' => false, 'g' => null, 'h' => '', 'i' => '0' ),
			'floats'                               => static fn() => array( 1.0, -0.0, 0.1, 1e22, 1.5e-7, 123456789.12345678, PHP_FLOAT_MAX, PHP_FLOAT_MIN, PHP_FLOAT_EPSILON, 1 / 3, 100000000000000000000.0 ),
			'INF and NAN'                          => static fn() => array( 'id' => 1, 'amount' => INF, 'less' => array( -INF ), 'none' => NAN ),
			'text'                                 => static fn() => array( 'a' => "é😀\u{2028}\u{2029}/\\\"<>&'", 'b' => "\0\x1f\t\r\n\x7f", 'c' => '100 % of %s, %d, %%', 'd' => "{ '' }" ),
			'broken bytes'                         => static fn() => array( 'id' => 2, 'name' => "caf\xe9", 'list' => array( array( 'x' => "\xf0\x9d\x84" ) ), 'lone' => "\xed\xa0\x80" ),
			'broken bytes in keys'                 => static fn() => array( 'm' => array( "a\xff" => 'first', "a\xfe" => 'second', 'ok' => 1 ) ),
			'a long text'                          => static fn() => array( 'text' => str_repeat( 'Wörter, ', 5000 ), 'key' => array( str_repeat( 'k', 6000 ) => 1 ) ),
			'a long text with broken bytes'        => static fn() => array( 'text' => str_repeat( "W\xf6rter\0", 5000 ) ),
			'a text that is too long'              => static fn() => array( 'short' => 'stays', 'long' => str_repeat( 'é', 2_000_000 ) ),
			'a text longer than the outbox takes'  => static fn() => array( 'short' => 'stays', 'long' => str_repeat( 'abcé', 5_000_000 ), 'other' => str_repeat( "\n", 300_000 ) ),
			'the same long text many times'        => static fn() => array_fill( 0, 150, str_repeat( 'x', 1_000_000 ) ),
			'keys that begin with NUL'             => static fn() => array( 'meta' => array( "\0key" => 'v', "\0*\0own" => 'w', "\0" => 'x' ), "\0top" => 1 ),
			'an object cast to an array'           => static fn() => (array) new class() {
				public $id        = 5;
				protected $hidden = 'x';
				private $own      = 'y';
			},
			'numbers as keys'                      => static fn() => array( 'm' => array( 5 => 'five', '07' => 'seven', -1 => 'below' ), 'list' => array( 1 => 'a', 0 => 'b' ), 'hole' => array( 0 => 'a', 2 => 'c' ) ),
			'keys that begin with the mark'        => static fn() => array( 'm' => array( "\x01d" => '7ff8000000000000' ), 'o' => (object) array( "\x01s" => 0 ), 'later' => array( 'a' => 1, "\x01m" => array() ), "\x01" => 'x' ),
			'an empty key'                         => static fn() => array( '' => 'x', 'o' => (object) array( '' => 'y', '_empty_' => 'z' ) ),
			'empty ones'                           => static fn() => array( 'list' => array(), 'object' => new stdClass(), 'lists' => array( array(), array( array() ) ) ),
			'nothing at all'                       => static fn() => array(),
			'a list'                               => static fn() => array( 'a', 'b' ),
			'plain objects'                        => static fn() => (object) array( 'a' => (object) array( 'b' => (object) array() ), '5' => 'five', "\0hidden" => 1, 'list' => array( (object) array( 'x' => 1.0 ) ) ),
			'objects of classes'                   => static fn() => array( 'o' => new Outbox_Lesson(), 's' => new class() extends stdClass {
				public $x = 1;
			}
			),
			'objects of classes with broken bytes' => static fn() => array( 'o' => new Outbox_Lesson( "\xff" ) ),
			'objects that say what they are'       => static fn() => array( $says( 'text' ), $says( null ), $says( array( 'a' => 1 ) ), $says( array() ), $says( $says( 1.0 ) ), $says( new stdClass() ) ),
			'the same with something broken'       => static fn() => array( 'bad' => "\xff", 'list' => array( $says( "\xfe" ), $says( INF ), $says( $says( array( 'x' => NAN ) ) ) ) ),
			'an object that says it is itself'     => static fn() => array( 'o' => new Outbox_Itself(), 'bad' => NAN ),
			'enums'                                => static fn() => array( 'backed' => Outbox_Suit::Hearts, 'number' => Outbox_Size::Big ),
			'an enum that has no value'            => static fn() => array( 'list' => array( Outbox_Pure::One ), 'backed' => Outbox_Suit::Hearts ),
			'enums that say what they are'         => static fn() => array( 'list' => array( Outbox_Grade::Good, array( Outbox_Grade::None ) ), 'backed' => Outbox_Suit::Hearts ),
			'an enum that says it, instead of data' => static fn() => Outbox_Grade::Good,
			'an enum whose value is broken'        => static fn() => array( 'suit' => Outbox_Suit::Broken ),
			'times'                                => static fn() => array( new DateTime( '2026-11-20 10:00:00', new DateTimeZone( 'UTC' ) ), new DateTimeImmutable( '@0' ), new DateInterval( 'P1DT2H' ), new DateTimeZone( 'Europe/Amsterdam' ), new DatePeriod( new DateTime( '@0' ), new DateInterval( 'P1D' ), 2 ) ),
			'times with something broken'          => static fn() => array( 'at' => new DateTime( '@0' ), 'bad' => INF ),
			'collections'                          => static fn() => array( new ArrayObject( array( 'a' => 1, 3 => 'x', 'in' => array( new ArrayObject() ) ) ), new ArrayIterator( array( 1, 2 ) ), new SplObjectStorage(), SplFixedArray::fromArray( array( 1, null ) ), new SplQueue(), new WeakMap() ),
			'collections with something broken'    => static fn() => array( new ArrayObject( array( 'a' => INF, "\0b" => 1, 3 => "\xff" ) ), SplFixedArray::fromArray( array( NAN ) ) ),
			'XML'                                  => static fn() => array( 'order' => simplexml_load_string( '<order id="7"><item>A &amp; B</item><item/><note>x</note></order>' ) ),
			'what is no data'                      => static fn() => array( 'f' => static fn() => 1, 'g' => ( static function () {
				yield 1;
			} )(), 'e' => new Exception( 'Message' )
			),
			'resources'                            => static function () {
				$closed = fopen( 'php://memory', 'r' );
				fclose( $closed );
				return array( 'id' => 3, 'open' => STDIN, 'closed' => $closed );
			},
			'a WordPress object'                   => static fn() => array( 'site' => get_site( 1 ), 'user' => get_userdata( 1 ), 'error' => new WP_Error( 'code', 'message', array( 'status' => 404 ) ) ),
			'an object that contains itself'       => static function () {
				$object       = new stdClass();
				$object->list = array( $object, (object) array( 'back' => $object ) );
				return $object;
			},
			'an object that is there twice'        => static function () {
				$object = (object) array( 'a' => 1 );
				return array( $object, $object, array( $object ) );
			},
			'an array that contains itself'        => static function () {
				$array         = array( 'a' => 1 );
				$array['self'] = &$array;
				return $array;
			},
			'an array that contains itself below'  => static function () {
				$array = array( 'list' => array( 'x' => NAN ) );

				$array['list']['up'] = &$array;
				$other               = array( $array, 'again' => array( 'in' => &$array ) );
				return $other;
			},
			'arrays that contain each other'       => static function () {
				$one = array( 'name' => 'one' );
				$two = array( 'name' => 'two', 'one' => &$one );

				$one['two'] = &$two;
				return array( 'one' => $one, 'object' => (object) array( 'two' => &$two ) );
			},
			'references'                           => static function () {
				$text  = 'text';
				$array = array( 'x' => 1 );
				return array( 'a' => &$text, 'b' => &$text, 'c' => &$array, 'd' => array( &$array, &$array ) );
			},
			'the deepest that there can be'        => static fn() => $nested( 'bottom', 512 ),
			'one level too deep'                   => static fn() => $nested( 'bottom', 513 ),
			'much too deep'                        => static fn() => array( 'id' => 7, 'd' => $nested( 1, 600 ) ),
			'objects, too deep'                    => static function () use ( $nested, $says ) {
				$value = 'bottom';
				for ( $level = 0; $level < 400; $level++ ) {
					$value = (object) array( 'x' => $says( array( $value ) ) );
				}
				return array( $value );
			},
			'objects that have no level, deep'     => static function () use ( $says ) {
				$value = 'bottom';
				for ( $level = 0; $level < 500; $level++ ) {
					$value = $says( array( $value ) );
				}
				return array( 'deep' => $value, 'bad' => INF );
			},
			'an object instead of data'            => static fn() => $says( array( 'a' => 1 ) ),
			'an object that is a text'             => static fn() => $says( 'text' ),
			'an object that is a broken text'      => static fn() => $says( "\xff" ),
			'an object that is no data'            => static fn() => $says( null ),
			'an enum instead of data'              => static fn() => Outbox_Suit::Hearts,
			'an enum without a value'              => static fn() => Outbox_Pure::One,
		);
		$cases   = array_map( static fn( Closure $make ) => array( $make ), $cases );
		$options = array(
			'an event of the network'     => array( 'scope' => 'network' ),
			'who did it, broken'          => array( 'actor' => array( 'user' => 7, 'name' => "\xff", 'weight' => INF, "\0k" => new Outbox_Lesson() ) ),
			'who did it, as objects'      => array( 'actor' => array( 'in' => new stdClass(), 'list' => array() ) ),
			'nobody did it'               => array( 'actor' => array() ),
			'a time with a fraction'      => array( 'timestamp' => 1_800_000_000.123 ),
			'another network'             => array( 'network_id' => 7, 'site' => array( 'id' => 3, 'url' => 'https://é.example/ü' ) ),
			'an import that only one gets' => array( 'import' => false, 'delay' => 0 ),
		);
		foreach ( $options as $name => $one ) {
			$cases[ $name ] = array( static fn() => array( 'id' => 1, 'x' => "\xff" ), $one );
		}
		return $cases;
	}

	public function test_a_stored_value_makes_no_object_of_a_class(): void {
		foreach ( array( 'O:8:"stdClass":0:{}', '{"\u0001z":1}', '{"x":{"\u0001d":"x"}}', 'v1:[{"\u0001s":0},[5]]' . "\nabc", 'v1:[{"\u0001s":1},[1]]' . "\nx", '{"\u0001s":0}', '{"\u0001o":7}', 'v1:', '', 'v1:[[', '[' ) as $text ) {
			try {
				Stored_Value::unpack( $text );
				$this->fail( "Something was made of $text" );
			} catch ( UnexpectedValueException $error ) {
				$this->assertStringContainsString( "can't be read", $error->getMessage() );
			}
		}
		$value = Stored_Value::unpack( Stored_Value::pack( array( 'o' => new Outbox_Lesson(), 'suit' => Outbox_Suit::Hearts ) ) );
		$this->assertSame( array( stdClass::class, 'h' ), array( get_class( $value->o ), $value->suit ) );
		// What JSON has words for is JSON.
		$this->assertSame( '{"user_id":7,"list":[1.5,"é"],"none":{}}', Stored_Value::pack( array( 'user_id' => 7, 'list' => array( 1.5, 'é' ), 'none' => new stdClass() ) ) );
	}

	public function test_values_of_random_shape_come_back(): void {
		$this->seed = 16;
		for ( $number = 0; $number < 300; $number++ ) {
			$value = array( 'v' => $this->random( 5 ) );
			// An array with names comes back as an object: for the extension that is the same.
			$back = Stored_Value::unpack( Stored_Value::pack( $value ) );
			$this->assertSame( serialize( $this->as_arrays( $value ) ), serialize( $this->as_arrays( $back ) ), "Number $number" );
		}
	}

	private function as_arrays( mixed $value ): mixed {
		if ( is_object( $value ) && array() === (array) $value ) {
			return $value;
		}
		return is_array( $value ) || is_object( $value ) ? array_map( array( $this, 'as_arrays' ), (array) $value ) : $value;
	}

	private function random( int $depth ): mixed {
		$parts = static fn( Closure $key, Closure $value ) => array_combine( array_map( $key, range( 1, 4 ) ), array_map( $value, range( 1, 4 ) ) );
		$text  = fn() => implode( '', array_map( fn() => chr( $this->number( 0, 255 ) ), range( 0, $this->number( 0, 12 ) ) ) ) . $this->number();
		return match ( $this->number( 0, $depth > 0 ? 9 : 6 ) ) {
			0 => $this->number() - $this->number(),
			1 => $this->number() / $this->number( 1, 1000 ),
			2 => $text(),
			3 => str_repeat( $text(), $this->number( 1, 900 ) ),
			4 => array( null, true, false, INF, -INF, -0.0 )[ $this->number( 0, 5 ) ],
			5 => array(),
			6 => new stdClass(),
			7 => array_map( fn() => $this->random( $depth - 1 ), range( 1, 4 ) ),
			8 => $parts( $text, fn() => $this->random( $depth - 1 ) ),
			9 => (object) $parts( fn() => 'x' . $text(), fn() => $this->random( $depth - 1 ) ),
		};
	}

	/**
	 * A number that is the same in each run (Lehmer's generator).
	 */
	private function number( int $least = 0, int $most = 2147483646 ): int {
		$this->seed = $this->seed * 48271 % 2147483647;
		return $least + $this->seed % ( $most - $least + 1 );
	}

	/**
	 * The bodies as bytes, oldest first.
	 */
	private function bodies_of( Network_Webhooks\Webhook $webhook ): array {
		$this->wait_for( static fn() => count( webhooks_deliveries( array( 'webhook_id' => $webhook->id, 'event' => 'lesson_finished' ) )['deliveries'] ) >= 2 );
		$found = webhooks_deliveries( array( 'webhook_id' => $webhook->id, 'event' => 'lesson_finished' ) )['deliveries'];
		return array_map( static fn( array $delivery ) => webhooks_delivery( $delivery['id'] )['body'], array_reverse( $found ) );
	}

	private function shown( string $body ): string {
		return strlen( $body ) > 800 ? substr( $body, 0, 500 ) . ' … ' . substr( $body, -250 ) : $body;
	}
}

/**
 * A class as plugins have them.
 */
class Outbox_Lesson {
	public int $id         = 1;
	public ?string $none   = null;
	protected string $grey = 'x';
	private string $own    = "\xff";
	public string $unset;
	public readonly array $list;

	public function __construct( public string $title = 'é' ) {
		$this->list = array( 'a', 1.0, new stdClass() );
	}
}

/**
 * One that says it is itself.
 */
class Outbox_Itself implements JsonSerializable {
	public $a = "\xfe";

	public function jsonSerialize(): mixed {
		return $this;
	}
}

enum Outbox_Suit: string {
	case Hearts = 'h';
	case Broken = "\xff";
}

enum Outbox_Size: int {
	case Big = 3;
}

enum Outbox_Pure {
	case One;
}

enum Outbox_Grade: string implements JsonSerializable {
	case Good = 'g';
	case None = 'n';

	public function jsonSerialize(): mixed {
		return self::Good === $this ? array( 'grade' => 1 ) : NAN;
	}
}
