<?php
/**
 * The requests of the test inbox as HTML.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Inbox;

use Network_Webhooks\Admin\Actions;
use Network_Webhooks\Admin\Form\Fields;
use Network_Webhooks\Date_Format;
use Network_Webhooks\Inbox\Inbox;
use Network_Webhooks\Inbox\Requests;
use Network_Webhooks\Inbox\Signature;

defined( 'ABSPATH' ) || exit;

/**
 * Prints requests: the same for the page and for what keeps it up to date. All of a request is
 * whatever anybody sent.
 */
final class Inbox_Entries {

	/** Requests of a page. */
	public const ROWS = 25;

	/** How much of a body is shown, in bytes. */
	private const SHOWN = 16 * KB_IN_BYTES;

	public function __construct( private readonly Requests $requests ) {}

	/**
	 * Requests, newest first.
	 *
	 * @return list<object>
	 */
	public function read( int $after = 0, int $before = 0 ): array {
		return $this->requests->read( self::ROWS, $after, $before, self::SHOWN );
	}

	/**
	 * Requests as HTML, the first one open.
	 *
	 * @param list<object> $requests Of read().
	 */
	public static function html( array $requests ): string {
		$html = '';
		foreach ( $requests as $number => $request ) {
			$html .= self::entry( $request, 0 === $number );
		}
		return $html;
	}

	/**
	 * One request.
	 */
	private static function entry( object $request, bool $is_open ): string {
		$headers = (array) json_decode( (string) $request->headers, true );
		$came    = gmdate( 'Y-m-d H:i:s', intdiv( (int) $request->received, 1000 ) );
		return sprintf(
			'<details class="network-webhooks-request" data-request="%1$d"%2$s><summary><strong>%3$s</strong> <span class="network-webhooks-state is-%4$s">%5$s</span> <span>%6$s</span> <time datetime="%7$s">%8$s</time></summary><p>%9$s</p><p>%10$s</p>%11$s%12$s</details>',
			(int) $request->id,
			$is_open ? ' open' : '',
			esc_html( $request->method ),
			esc_attr( self::colour( $request->verdict ) ),
			esc_html( self::label( $request ) ),
			esc_html( self::kind( $headers, (int) $request->size ) ),
			esc_attr( gmdate( 'c', Date_Format::stamp( $came ) ) ),
			esc_html( Date_Format::exact( $came ) ),
			esc_html( self::sentence( $request ) ),
			esc_html( self::answer( $request ) ),
			self::text( __( 'Headers', 'network-webhooks' ), implode( "\n", array_map( static fn( $name, $value ) => "$name: $value", array_keys( $headers ), $headers ) ) ),
			self::body( $request )
		);
	}

	/**
	 * What a verdict looks like, in the colours of the deliveries' states.
	 */
	private static function colour( string $verdict ): string {
		return match ( $verdict ) {
			Signature::VALID => 'delivered',
			Signature::OLD, Signature::WRONG, Signature::INCOMPLETE, Signature::UNKNOWN => 'failed',
			default => 'held',
		};
	}

	/**
	 * A verdict in a few words.
	 */
	private static function label( object $request ): string {
		return match ( $request->verdict ) {
			/* translators: %s: name of a webhook */
			Signature::VALID => sprintf( __( 'Valid, signed by %s', 'network-webhooks' ), $request->webhook ),
			Signature::OLD => __( 'Timestamp too old or too new', 'network-webhooks' ),
			Signature::WRONG, Signature::INCOMPLETE, Signature::UNKNOWN => __( 'Signature is wrong', 'network-webhooks' ),
			Signature::NONE => __( 'Not signed', 'network-webhooks' ),
			default => __( 'Signature not checked', 'network-webhooks' ),
		};
	}

	/**
	 * A verdict in a sentence.
	 */
	private static function sentence( object $request ): string {
		return match ( $request->verdict ) {
			/* translators: %s: name of a webhook */
			Signature::VALID => sprintf( __( 'The signature is valid: it was made with the secret of “%s”, of this very body, less than 5 minutes ago.', 'network-webhooks' ), $request->webhook ),
			Signature::OLD => self::lateness( $request ),
			Signature::WRONG => __( 'The signature is wrong: it was made with another secret than those of the webhooks with this address, or id, timestamp or body were changed on the way.', 'network-webhooks' ),
			Signature::INCOMPLETE => __( 'The signature is wrong: the header webhook-id is missing, or webhook-timestamp is no time in seconds.', 'network-webhooks' ),
			Signature::UNKNOWN => __( 'The signature is wrong: none of those in the header begins with v1, or v1a,.', 'network-webhooks' ),
			Signature::NONE => __( 'Not signed: there is no header webhook-signature.', 'network-webhooks' ),
			Signature::NO_WEBHOOK => __( 'It is signed, but no webhook has this address, so there is no secret to check it with.', 'network-webhooks' ),
			Signature::UNREAD => __( 'It is signed, but its body could not be read, so that can’t be checked.', 'network-webhooks' ),
			Signature::UNCHECKED => __( 'It is signed, but the PHP extension that checks that is not loaded here.', 'network-webhooks' ),
			default => $request->verdict,
		};
	}

	/**
	 * By how much a timestamp is off.
	 */
	private static function lateness( object $request ): string {
		$seconds = (int) $request->seconds;
		$length  = Date_Format::duration( abs( $seconds ) );
		$text    = $seconds > 0
			/* translators: 1: name of a webhook, 2: a time span such as 6 mins */
			? __( 'The timestamp is too old: the signature fits the secret of “%1$s”, but was made %2$s before it arrived. Receivers refuse what is older than 5 minutes, as somebody may be repeating it.', 'network-webhooks' )
			/* translators: 1: name of a webhook, 2: a time span such as 6 mins */
			: __( 'The timestamp is too new: the signature fits the secret of “%1$s”, but is dated %2$s ahead. One of the two clocks is wrong.', 'network-webhooks' );
		return sprintf( $text, $request->webhook, $length );
	}

	/**
	 * How it was answered, and from where it came.
	 */
	private static function answer( object $request ): string {
		$text = $request->delay
			/* translators: 1: HTTP status, 2: number of seconds */
			? sprintf( _n( 'Answered %1$d after %2$d second.', 'Answered %1$d after %2$d seconds.', (int) $request->delay, 'network-webhooks' ), $request->status, $request->delay )
			/* translators: %d: HTTP status */
			: sprintf( __( 'Answered %d.', 'network-webhooks' ), $request->status );
		/* translators: %s: IP address */
		$text .= ' ' . sprintf( __( 'From %s.', 'network-webhooks' ), $request->address );
		if ( '' !== $request->query ) {
			/* translators: %s: part of a URL */
			$text .= ' ' . sprintf( __( 'Added to the address: %s', 'network-webhooks' ), $request->query );
		}
		return $text;
	}

	/**
	 * Type and size of a body.
	 *
	 * @param array<string, string> $headers
	 */
	private static function kind( array $headers, int $size ): string {
		$type = trim( (string) strtok( (string) ( $headers['content-type'] ?? '' ), ';' ) );
		return ( '' === $type ? '' : "$type, " ) . (string) size_format( $size );
	}

	/**
	 * The body, with what can be done with it.
	 */
	private static function body( object $request ): string {
		$size = (int) $request->size;
		if ( 0 === $size ) {
			return '<p>' . esc_html__( 'It has no body.', 'network-webhooks' ) . '</p>';
		}
		if ( null === $request->body ) {
			$text = $size > Inbox::LARGEST_BODY
				/* translators: 1: size such as 300 KB, 2: size such as 256 KB */
				? sprintf( __( 'The body has %1$s, and the inbox takes %2$s: it was not kept.', 'network-webhooks' ), size_format( $size, 1 ), size_format( Inbox::LARGEST_BODY ) )
				: __( 'PHP gave away nothing of the body.', 'network-webhooks' );
			return '<p>' . esc_html( $text ) . '</p>';
		}
		$is_whole = strlen( $request->body ) < self::SHOWN;
		$title    = $request->parsed ? __( 'Form, as PHP took it apart', 'network-webhooks' ) : __( 'Body', 'network-webhooks' );
		if ( ! $is_whole ) {
			/* translators: %s: size such as 16 KB */
			$title = sprintf( __( 'Body (the first %s)', 'network-webhooks' ), size_format( self::SHOWN ) );
		}
		return self::text( $title, Request_Body::text( $request->body, $is_whole ) ) . sprintf(
			'<p><button class="button button-small" form="network-webhooks-row" formaction="%s" name="request" value="%d" aria-label="%s">%s</button></p>',
			esc_url( Actions::url( 'inbox_body' ) ),
			(int) $request->id,
			esc_attr(
				__( 'Download Body', 'network-webhooks' ) . ': ' .
				/* translators: %d: number of a request */
				sprintf( __( 'request %d', 'network-webhooks' ), $request->id )
			),
			esc_html__( 'Download Body', 'network-webhooks' )
		);
	}

	/**
	 * A text that can be copied.
	 */
	private static function text( string $title, string $text ): string {
		return sprintf(
			'<details open><summary>%1$s</summary><p class="hide-if-no-js"><button type="button" class="button button-small network-webhooks-copy-text">%2$s</button> <span role="status"></span></p><pre tabindex="0" role="group" dir="ltr" aria-label="%3$s">%4$s</pre></details>',
			esc_html( $title ),
			esc_html__( 'Copy', 'network-webhooks' ),
			esc_attr( $title ),
			// A line end after the tag would not be part of the text.
			"\n" . Fields::exact( $text )
		);
	}
}
