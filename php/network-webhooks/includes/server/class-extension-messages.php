<?php
/**
 * Texts of the extension and the worker.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * What the extension and the worker say, in the reader's language. They speak English only, since
 * a log is read by whoever comes; what the system, a library or an endpoint said within it stays
 * as it is.
 */
final class Extension_Messages {

	/**
	 * Patterns of the texts, in the order in which they are tried, with what they are in the
	 * language for which they were made: a text, or its forms and which part of it is the count.
	 *
	 * @var array<string, array<string, string|array{0: array<string, string>, 1: int}>>
	 */
	private static array $patterns = array();

	/**
	 * Whether English is wanted at the moment.
	 */
	private static bool $in_english = false;

	/**
	 * Of an exception, whoever threw it.
	 */
	public static function of( \Throwable $error ): string {
		return self::translated( $error->getMessage() );
	}

	/**
	 * A text in the reader's language, and what is filled into it, too; as it is where it is
	 * none of ours.
	 */
	public static function translated( string $said ): string {
		foreach ( self::$in_english ? array() : self::patterns() as $pattern => $text ) {
			if ( preg_match( $pattern, $said, $found ) ) {
				$text = is_array( $text ) ? self::counted( $text[0], (int) preg_replace( '/\D/', '', $found[ $text[1] ] ) ) : $text;
				return vsprintf( $text, array_map( array( self::class, 'translated' ), array_slice( $found, 1 ) ) );
			}
		}
		return $said;
	}

	/**
	 * What a callback returns, in English: for what is kept, and read in who knows which language. It has no plural forms.
	 */
	public static function in_english( callable $make ): mixed {
		$before           = self::$in_english;
		$original         = static fn( $translated, $text ) => $text;
		add_filter( 'gettext_network-webhooks', $original, PHP_INT_MAX, 2 );
		self::$in_english = true;
		try {
			return $make();
		} finally {
			self::$in_english = $before;
			remove_filter( 'gettext_network-webhooks', $original, PHP_INT_MAX );
		}
	}

	/**
	 * All texts of the extension and the worker, in English and in the reader's language.
	 *
	 * @return array<string, string|array{0: array<string, string>, 1: int}>
	 */
	public static function all(): array {
		return self::by_english( array( self::class, 'texts' ) );
	}

	/**
	 * Texts by what they are in English.
	 *
	 * @param callable(): list<string|array{0: array<string, string>, 1: int}> $texts
	 * @return array<string, string|array{0: array<string, string>, 1: int}>
	 */
	private static function by_english( callable $texts ): array {
		$english = array_map( static fn( $text ) => is_array( $text ) ? $text[0]['plural'] : $text, self::in_english( $texts ) );
		return array_combine( $english, $texts() );
	}

	/**
	 * A text in the form for a number.
	 *
	 * @param array<string, string> $forms As _n_noop() gives them.
	 */
	private static function counted( array $forms, int $count ): string {
		$text = translate_nooped_plural( $forms, $count, 'network-webhooks' );
		if ( $text !== $forms['singular'] && $text !== $forms['plural'] ) {
			return $text;
		}
		// A translation from before this text had forms.
		$whole = translate( $forms['plural'], 'network-webhooks' ); // phpcs:ignore WordPress.WP.I18n -- a text of this file.
		return $whole === $forms['plural'] ? $text : $whole;
	}

	/**
	 * The patterns for the reader's language.
	 *
	 * @return array<string, string|array{0: array<string, string>, 1: int}>
	 */
	private static function patterns(): array {
		$locale = determine_locale();
		if ( ! isset( self::$patterns[ $locale ] ) ) {
			self::$patterns[ $locale ] = array();
			foreach ( self::all() + self::by_english( array( self::class, 'of_outbox' ) ) as $english => $text ) {
				$pattern = preg_replace( '/%(\d\\\\\$)?s/', '(.+?)', preg_quote( str_replace( '%%', '%', $english ), '~' ) );

				self::$patterns[ $locale ][ "~^$pattern\$~s" ] = $text;
			}
		}
		return self::$patterns[ $locale ];
	}

	/**
	 * The texts.
	 *
	 * @return list<string|array{0: array<string, string>, 1: int}> Of a count: its forms, and which part it is.
	 */
	private static function texts(): array {
		return array(
			// What is wrong with a URL.
			__( 'the URL is empty', 'network-webhooks' ),
			/* translators: 1: number of bytes, 2: the most that there may be */
			array( _n_noop( 'the URL has %1$s byte, at most %2$s are possible', 'the URL has %1$s bytes, at most %2$s are possible', 'network-webhooks' ), 1 ),
			/* translators: %s: what may not be there, such as “a space” */
			__( 'the URL contains %s', 'network-webhooks' ),
			__( 'a control character', 'network-webhooks' ),
			/* translators: %s: number of a character, such as 200B */
			__( 'an invisible character (U+%s)', 'network-webhooks' ),
			__( 'a space', 'network-webhooks' ),
			__( 'a backslash', 'network-webhooks' ),
			__( 'the URL has to begin with https:// or http://', 'network-webhooks' ),
			__( 'the URL contains a user name or password; use a request header (Authorization) instead', 'network-webhooks' ),
			__( 'the URL has port 0', 'network-webhooks' ),
			/* translators: %s: why */
			__( 'the URL can\'t be read: %s', 'network-webhooks' ),
			__( 'the URL can\'t be read', 'network-webhooks' ),
			__( 'there is no host', 'network-webhooks' ),
			__( 'scheme, host and port of a URL are fixed: values can stand in its path and query only', 'network-webhooks' ),
			__( 'what stands behind # is never sent: no value can stand there', 'network-webhooks' ),
			__( 'of templates a URL can have values alone, without blocks, comments and minus signs', 'network-webhooks' ),
			__( 'before a value stands a %% that is not complete: write %%25 for a percent sign', 'network-webhooks' ),
			/* translators: %s: a number */
			array( _n_noop( 'a URL can have %s value at most', 'a URL can have %s values at most', 'network-webhooks' ), 1 ),
			/* translators: %s: a name in a template */
			__( '"%s" is null, which a URL can\'t have', 'network-webhooks' ),
			/* translators: %s: a name in a template */
			__( '"%s" is a list or a map, which a URL can\'t have', 'network-webhooks' ),
			/* translators: %s: a name in a template */
			__( '"%s" is empty, which a part of a path can\'t be', 'network-webhooks' ),
			/* translators: %s: a name in a template */
			__( '"%s" has a . or .. in it that would lead to another path', 'network-webhooks' ),
			__( 'with the values of this event the URL would lead to another path', 'network-webhooks' ),
			__( 'expected 1 to 64 of the characters a-z 0-9 _ and no digit first', 'network-webhooks' ),
			/* translators: %s: name of a key */
			__( '"%s" is the name of another key', 'network-webhooks' ),
			/* translators: %s: number of bytes */
			array( _n_noop( 'expected 1 to %s byte without control characters', 'expected 1 to %s bytes without control characters', 'network-webhooks' ), 1 ),
			/* translators: %s: a number */
			array( _n_noop( '%s key', '%s keys', 'network-webhooks' ), 1 ),
			__( 'a part of the host\'s name is empty', 'network-webhooks' ),
			// With the settings of a webhook.
			/* translators: %s: what was typed */
			__( '"%s" is no event: expected 1 to 100 of the characters a-z 0-9 _ . - and * for any', 'network-webhooks' ),
			/* translators: %s: what was typed */
			__( '"%s" can\'t be an event\'s name: expected 1 to 100 of a-z 0-9 _ . -', 'network-webhooks' ),
			__( 'expected at least one event or pattern', 'network-webhooks' ),
			/* translators: %s: the most bytes that there may be */
			__( 'the webhooks have more than %s bytes of JSON, which is the most: shorten their templates, or delete those that nobody needs', 'network-webhooks' ),
			__( 'expected at least one secret, or "signature": "none"', 'network-webhooks' ),
			__( '"v1" is signed with a whsec_ secret, "v1a" with a whsk_ one', 'network-webhooks' ),
			__( 'a secret begins with "whsec_" (HMAC-SHA256) or "whsk_" (ed25519)', 'network-webhooks' ),
			__( 'after its prefix a secret is base64 with padding (A-Z a-z 0-9 + / =)', 'network-webhooks' ),
			/* translators: %s: number of bytes */
			__( 'a "whsec_" secret has 24 to 64 bytes before base64, this one %s', 'network-webhooks' ),
			__( 'a "whsk_" key is an ed25519 seed of 32 bytes (or seed and public key, 64 bytes) in base64', 'network-webhooks' ),
			/* translators: 1: what was typed, 2: a number */
			__( '"%1$s" is no header name (at most %2$s letters, digits and !#$%%&\'*+-.^_`|~)', 'network-webhooks' ),
			/* translators: %s: a number */
			array( _n_noop( 'expected at most %s path', 'expected at most %s paths', 'network-webhooks' ), 1 ),
			/* translators: %s: name of a header */
			__( 'the header "%s" is set by the delivery itself', 'network-webhooks' ),
			/* translators: 1: name of a header, 2: number of bytes */
			array( _n_noop( 'the value of the header "%1$s" contains something other than visible ASCII characters with single spaces or tabs between them, or is empty or longer than %2$s byte', 'the value of the header "%1$s" contains something other than visible ASCII characters with single spaces or tabs between them, or is empty or longer than %2$s bytes', 'network-webhooks' ), 2 ),
			/* translators: %s: “an invisible character (U+200B)” */
			__( 'the header\'s name contains %s', 'network-webhooks' ),
			/* translators: %s: “an invisible character (U+200B)” */
			__( 'the name contains %s', 'network-webhooks' ),
			/* translators: %s: “an invisible character (U+200B)” */
			__( 'the path contains %s', 'network-webhooks' ),
			/* translators: 1: a path such as order.items, 2: “an invisible character (U+200B)” */
			__( 'the field "%1$s" contains %2$s', 'network-webhooks' ),
			/* translators: %s: path of a file */
			__( '"%s": expected an absolute path', 'network-webhooks' ),
			/* translators: 1: path of a file, 2: why */
			__( 'the CA file %1$s can\'t be read: %2$s', 'network-webhooks' ),
			/* translators: %s: number of bytes */
			array( _n_noop( 'it is no file of at most %s byte', 'it is no file of at most %s bytes', 'network-webhooks' ), 1 ),
			/* translators: %s: path of a file */
			__( 'the CA file %s contains no certificate in PEM form (-----BEGIN CERTIFICATE-----)', 'network-webhooks' ),
			/* translators: %s: why */
			__( 'the trusted certificates can\'t be used: %s', 'network-webhooks' ),
			/* translators: 1: a path such as order.items, 2: number of bytes */
			array( _n_noop( 'the field "%1$s" is no path below "data": keys separated by dots, * for every item of a list (order.items.*.price), at most %2$s byte', 'the field "%1$s" is no path below "data": keys separated by dots, * for every item of a list (order.items.*.price), at most %2$s bytes', 'network-webhooks' ), 2 ),
			/* translators: %s: what was typed */
			__( '"%s" is no content type, such as application/json', 'network-webhooks' ),
			/* translators: 1: what was typed, 2: the least, 3: the most, with its unit */
			__( '%1$s: expected %2$s to %3$s', 'network-webhooks' ),
			/* translators: %s: a number */
			array( _n_noop( '%s second', '%s seconds', 'network-webhooks' ), 1 ),
			/* translators: %s: a number */
			array( _n_noop( '%s delay', '%s delays', 'network-webhooks' ), 1 ),
			/* translators: %s: a number */
			array( _n_noop( '%s secret', '%s secrets', 'network-webhooks' ), 1 ),
			/* translators: %s: a number */
			array( _n_noop( '%s header', '%s headers', 'network-webhooks' ), 1 ),
			/* translators: 1: a number, 2: the most that there may be */
			array( _n_noop( 'there are %1$s secrets, at most %2$s is possible', 'there are %1$s secrets, at most %2$s are possible', 'network-webhooks' ), 2 ),
			// With a template or a condition.
			__( 'expected the body\'s template, as format is template', 'network-webhooks' ),
			__( 'the template is empty', 'network-webhooks' ),
			/* translators: %s: “an invisible character (U+200B)” */
			__( 'the template contains %s: delete it, or write it in a text as an escape', 'network-webhooks' ),
			/* translators: %s: “an invisible character (U+200B)” */
			__( 'the condition contains %s: delete it, or write it in a text as an escape', 'network-webhooks' ),
			/* translators: 1: number of bytes, 2: the most that there may be */
			array( _n_noop( 'the template has %1$s byte, at most %2$s are possible', 'the template has %1$s bytes, at most %2$s are possible', 'network-webhooks' ), 1 ),
			/* translators: 1: number of bytes, 2: the most that there may be */
			array( _n_noop( 'the condition has %1$s byte, at most %2$s are possible', 'the condition has %1$s bytes, at most %2$s are possible', 'network-webhooks' ), 1 ),
			__( 'this takes too many steps', 'network-webhooks' ),
			__( 'date takes a time such as 2026-11-29T08:00:00Z, a day, or the seconds since 1970', 'network-webhooks' ),
			/* translators: %Y and the like are a format, and stay as they are */
			__( 'date takes a format of strftime with at most 200 bytes, such as %%Y-%%m-%%d %%H:%%M', 'network-webhooks' ),
			__( 'date takes UTC or the name of a time zone such as Europe/Rome', 'network-webhooks' ),
			__( 'path takes names separated by dots, such as customer.email', 'network-webhooks' ),
			__( 'path found no value, and one is required', 'network-webhooks' ),
			__( 'filled takes a map', 'network-webhooks' ),
			__( 'truncate takes a number of characters, and the text that ends what was cut', 'network-webhooks' ),
			/* translators: %s: number of bytes */
			array( _n_noop( 'the body exceeds %s byte', 'the body exceeds %s bytes', 'network-webhooks' ), 1 ),
			/* translators: %s: a name in a template */
			__( '"%s" is undefined', 'network-webhooks' ),
			/* translators: 1: number of a line, 2: number of a column */
			__( 'what the template renders is not JSON (line %1$s, column %2$s of the output); values bring their own quotes: {"text": {{ data.name }}}', 'network-webhooks' ),
			/* translators: %s: why */
			__( 'the event\'s body can\'t be read: %s', 'network-webhooks' ),
			/* translators: 1: name of an event, 2: what is wrong */
			__( 'with the example of %1$s: %2$s', 'network-webhooks' ),
			/* translators: 1: number of a line, 2: number of a column, 3: what is wrong there */
			__( 'line %1$s, column %2$s: %3$s', 'network-webhooks' ),
			/* translators: 1: number of a line, 2: what is wrong there */
			__( 'line %1$s: %2$s', 'network-webhooks' ),
			/* translators: %s: what was found there, in English */
			__( 'syntax error: %s', 'network-webhooks' ),
			/* translators: %s: name of a filter, in English */
			__( 'unknown filter: %s', 'network-webhooks' ),
			/* translators: %s: name of a function, in English */
			__( 'unknown function: %s', 'network-webhooks' ),
			/* translators: %s: what was tried, in English */
			__( 'invalid operation: %s', 'network-webhooks' ),
			// Why an address may not be reached.
			/* translators: 1: an address, 2: what kind of address that is, such as “private address”, 3: a host, 4: the same host, 5: the same address */
			__( '%1$s is a %2$s and the address of "%3$s": webhooks may reach public addresses only; add %4$s or %5$s to webhooks.allow in php.ini if this is meant', 'network-webhooks' ),
			/* translators: %s: a host */
			__( '"%s" is not reachable because WP_HTTP_BLOCK_EXTERNAL is set; add it to WP_ACCESSIBLE_HOSTS in wp-config.php if it is meant', 'network-webhooks' ),
			__( 'unspecified address', 'network-webhooks' ),
			__( 'loopback address', 'network-webhooks' ),
			__( 'private address', 'network-webhooks' ),
			__( 'link-local address', 'network-webhooks' ),
			__( 'cloud metadata service', 'network-webhooks' ),
			__( 'carrier NAT address', 'network-webhooks' ),
			__( 'unique local address', 'network-webhooks' ),
			__( 'site-local address', 'network-webhooks' ),
			__( 'multicast address', 'network-webhooks' ),
			__( 'broadcast address', 'network-webhooks' ),
			__( 'documentation address', 'network-webhooks' ),
			__( 'benchmarking address', 'network-webhooks' ),
			__( 'reserved address', 'network-webhooks' ),
			// Why an attempt failed.
			/* translators: %s: what was being done, such as “connecting” */
			__( 'no answer in time (%s)', 'network-webhooks' ),
			__( 'preparing', 'network-webhooks' ),
			__( 'resolving the name', 'network-webhooks' ),
			__( 'connecting', 'network-webhooks' ),
			__( 'sending the request', 'network-webhooks' ),
			__( 'sending the body', 'network-webhooks' ),
			__( 'waiting for the response', 'network-webhooks' ),
			__( 'reading the response\'s body', 'network-webhooks' ),
			/* translators: %s: what the system said */
			__( 'the name has no address: %s', 'network-webhooks' ),
			/* translators: %s: what the system said */
			__( 'no thread can be started to look the name up: %s', 'network-webhooks' ),
			__( 'no addresses', 'network-webhooks' ),
			/* translators: %s: why */
			__( 'the answer is not HTTP/1.1: %s', 'network-webhooks' ),
			__( 'it does not begin with HTTP/1.1', 'network-webhooks' ),
			/* translators: %s: what stood there */
			__( 'its first line is "%s"', 'network-webhooks' ),
			__( 'the proxy\'s answer to CONNECT ended early', 'network-webhooks' ),
			// What was wrong with an answer whose status counts all the same.
			__( 'the endpoint sent more than one answer', 'network-webhooks' ),
			__( 'the endpoint answered before it had the whole request', 'network-webhooks' ),
			__( 'the endpoint did not take the rest of the request in time', 'network-webhooks' ),
			__( 'the rest of the answer did not come in time', 'network-webhooks' ),
			__( 'the connection ended amid the headers of the answer', 'network-webhooks' ),
			__( 'the connection ended amid the answer\'s body', 'network-webhooks' ),
			__( 'the answer has a header line without a colon', 'network-webhooks' ),
			__( 'the answer has a header without a name', 'network-webhooks' ),
			__( 'the answer has a transfer coding other than chunked', 'network-webhooks' ),
			__( 'the answer\'s content-length is no number, or there are several', 'network-webhooks' ),
			/* translators: %s: how */
			__( 'the answer\'s body is malformed: %s', 'network-webhooks' ),
			__( 'its chunks have too many extensions or trailers', 'network-webhooks' ),
			__( 'a chunk is longer than it says', 'network-webhooks' ),
			__( 'a chunk has no size', 'network-webhooks' ),
			/* translators: %s: number of bytes */
			array( _n_noop( 'the answer\'s headers exceed %s byte', 'the answer\'s headers exceed %s bytes', 'network-webhooks' ), 1 ),
			/* translators: %s: why, in English */
			__( 'the certificate is not trusted: %s', 'network-webhooks' ),
			/* translators: %s: why, in English */
			__( 'TLS failed: %s', 'network-webhooks' ),
			__( 'the host is no name that a certificate can have', 'network-webhooks' ),
			__( 'the endpoint refuses connections', 'network-webhooks' ),
			/* translators: %s: what was being done, such as “connecting” */
			__( 'the endpoint closed the connection (%s)', 'network-webhooks' ),
			__( 'the event\'s body is no longer kept', 'network-webhooks' ),
			/* translators: 1: name of a format such as “v1”, 2: number of bytes */
			array( _n_noop( 'in the format %1$s this event\'s body exceeds %2$s byte: send fewer fields, or another format', 'in the format %1$s this event\'s body exceeds %2$s bytes: send fewer fields, or another format', 'network-webhooks' ), 2 ),
			__( 'an internal error; see worker.log', 'network-webhooks' ),
			__( 'the proxy\'s URL has to be http://host:port, with user:password@ before the host if it asks for them', 'network-webhooks' ),
			/* translators: 1: address of a proxy, 2: HTTP status, 3: an address */
			__( 'the proxy %1$s answered %2$s to CONNECT %3$s', 'network-webhooks' ),
			/* translators: %s: an address */
			__( '%s is no HTTP proxy', 'network-webhooks' ),
			/* translators: 1: name of a host, 2: what the system said */
			__( 'the proxy\'s address is unknown: %1$s: %2$s', 'network-webhooks' ),
			// What is wrong with the spool.
			/* translators: %s: path of a folder */
			__( '"%s" is no absolute path, and each process would look for the spool in another folder: set webhooks.spool to a path that begins with /', 'network-webhooks' ),
			/* translators: 1: path of a folder, 2: the same path */
			__( 'the spool %1$s does not exist: create it for the web server\'s user (`install -d -m 0700 -o USER %2$s`), or set webhooks.spool to where it is', 'network-webhooks' ),
			/* translators: %s: a path */
			__( '%s is not a folder: move it away, or set webhooks.spool to another path', 'network-webhooks' ),
			/* translators: 1: path of a folder, 2: a user, 3: another user, 4: the first user, 5: the path, 6: the path */
			__( 'the spool %1$s belongs to %2$s, and this process runs as %3$s: run it as %4$s, or share the spool with a group that both are in (`chgrp GROUP %5$s && chmod 2770 %6$s`)', 'network-webhooks' ),
			/* translators: 1: path of a folder, 2: its mode, 3: the path, 4: the path */
			__( 'the spool %1$s has mode %2$s: `chmod 0700 %3$s` keeps it to its owner, `chmod 2770 %4$s` opens it to its group; nothing else is accepted, as it holds personal data and secrets', 'network-webhooks' ),
			/* translators: %s: path of a folder */
			__( '%s can\'t be the spool: it is a folder of the system or holds other things; leave its mode as it is, make a folder for the spool alone (`install -d -m 0700 -o USER /var/lib/webhooks`, USER being the web server\'s), and set webhooks.spool to that', 'network-webhooks' ),
			/* translators: 1: path of a folder, 2: kind of a file system */
			__( 'the spool %1$s lies on %2$s, where locks and shared memory do not hold: set webhooks.spool to a folder on a local disk of this server', 'network-webhooks' ),
			/* translators: 1: a path, 2: what it is, in English */
			__( '%1$s is %2$s, not a plain file of the spool\'s, and was left alone: find out who put it there, then remove it', 'network-webhooks' ),
			/* translators: 1: a path, 2: a user, 3: the spool's user, 4: the spool's user, 5: the path */
			__( '%1$s belongs to %2$s, but the spool to %3$s, and was left alone: `chown %4$s %5$s` if it is the spool\'s, else remove it', 'network-webhooks' ),
			/* translators: 1: path of a file, 2: a user, 3: the spool's user */
			__( '%1$s belongs to %2$s, but may only be %3$s\'s or root\'s, and was left alone: somebody of the group may have put it in the place of another; find out why, then remove it, and save any webhook, which publishes all of them anew', 'network-webhooks' ),
			/* translators: 1: a user, 2: path of a file, 3: another user, 4: the first user */
			__( 'only %1$s or root may make %2$s, and this process runs as %3$s: run it as %4$s', 'network-webhooks' ),
			/* translators: %s: a path */
			__( '%s exists already', 'network-webhooks' ),
			/* translators: 1: a path, 2: number of bytes, 3: number of bytes */
			array( _n_noop( '%1$s has %2$s byte, more than the %3$s it may have: it is damaged or not the spool\'s; move it away', '%1$s has %2$s bytes, more than the %3$s it may have: it is damaged or not the spool\'s; move it away', 'network-webhooks' ), 2 ),
			/* translators: 1: path of a folder, 2: id of an installation, 3: id of an installation, 4: path of a file, 5: path of a file */
			__( 'the spool %1$s belongs to another installation (%2$s), not to this one (%3$s): give each network a spool of its own (webhooks.spool in php.ini), or, if the other one is gone, delete %4$s and %5$s', 'network-webhooks' ),
			/* translators: 1: path of a folder, 2: a fingerprint, 3: a fingerprint */
			__( 'the spool %1$s was published from another place (%2$s) than this one (%3$s): confirm in Network Admin › Webhooks that this network was moved, or that it is a copy', 'network-webhooks' ),
			/* translators: 1: number of a user, 2: path of a folder, 3: number of a user */
			__( 'user %1$s may append to the spool %2$s, but only its owner %3$s (or root) may publish webhooks, so that the worker can read their secrets', 'network-webhooks' ),
			/* translators: %s: path of a file */
			__( 'another process has held %s for 5 seconds: try again, or end that process', 'network-webhooks' ),
			/* translators: 1: a number, 2: a number */
			__( 'revision %1$s is not higher than the published %2$s: somebody published in between (or the database was restored); publish again with a higher one', 'network-webhooks' ),
			/* translators: 1: path of a file, 2: a number, 3: a number */
			__( '%1$s has format %2$s, this version knows up to %3$s: install the newer one', 'network-webhooks' ),
			/* translators: 1: path of a file, 2: where */
			__( '%1$s is damaged (%2$s): publish again (save any webhook)', 'network-webhooks' ),
			/* translators: 1: name of a webhook, 2: its id, 3: name of a field, 4: what is wrong with it */
			__( 'the webhook "%1$s" (%2$s) is invalid, so its events are kept and not sent: %3$s: %4$s', 'network-webhooks' ),
			__( 'webhooks.max_in_flight in php.ini is not what the webhooks were published with: save any webhook to publish them again', 'network-webhooks' ),
			__( 'webhooks.keep_segments in php.ini is not what the webhooks were published with: save any webhook to publish them again', 'network-webhooks' ),
			/* translators: %s: number of requests */
			array( _n_noop( 'the worker may open too few files for more than %s request at once: raise the limit of open files (`ulimit -n`, systemd\'s LimitNOFILE) where PHP or the worker is started, and restart both, or set webhooks.max_in_flight in php.ini', 'the worker may open too few files for more than %s requests at once: raise the limit of open files (`ulimit -n`, systemd\'s LimitNOFILE) where PHP or the worker is started, and restart both, or set webhooks.max_in_flight in php.ini', 'network-webhooks' ), 1 ),
			__( 'webhooks.allow in php.ini is not what the webhooks were published with: save any webhook to publish them again', 'network-webhooks' ),
			/* translators: 1: an entry of a list, 2: “an invisible character (U+200B)” */
			__( 'webhooks.allow: "%1$s" contains %2$s: delete it there', 'network-webhooks' ),
			/* translators: %s: what was typed */
			__( 'webhooks.allow: "%s" is no host (hooks.internal, *.corp.example), address or network (10.1.0.0/16), with an optional port (localhost:8025, [fd00::/8]:443)', 'network-webhooks' ),
			/* translators: 1: name of a field, 2: what is wrong with it */
			__( 'the webhook is invalid: %1$s: %2$s', 'network-webhooks' ),
			// With the journal, the worker and the log of deliveries.
			/* translators: 1: number of bytes, 2: number of bytes */
			array( _n_noop( 'this event has %1$s byte, more than the %2$s that webhooks.max_payload allows: send less data, or raise webhooks.max_payload', 'this event has %1$s bytes, more than the %2$s that webhooks.max_payload allows: send less data, or raise webhooks.max_payload', 'network-webhooks' ), 1 ),
			/* translators: %s: path of a folder */
			__( 'the disk of the spool %s is full: make room on it; events are accepted again once the worker has its reserve back', 'network-webhooks' ),
			/* translators: 1: path of a file, 2: a user, 3: what the system said */
			__( 'cannot append to the journal (%1$s) as %2$s: %3$s', 'network-webhooks' ),
			/* translators: 1: path of a file, 2: number of bytes, 3: number of bytes, 4: a user, 5: what the system said */
			array( _n_noop( 'the journal (%1$s) took only %2$s of %3$s byte from %4$s: %5$s', 'the journal (%1$s) took only %2$s of %3$s bytes from %4$s: %5$s', 'network-webhooks' ), 3 ),
			/* translators: 1: path of a file, 2: what the system said */
			__( 'the journal (%1$s) could not be made durable: %2$s', 'network-webhooks' ),
			/* translators: %s: number of threads */
			array( _n_noop( '%s thread of this process has a journal segment open already: use fewer threads per process', '%s threads of this process have a journal segment open already: use fewer threads per process', 'network-webhooks' ), 1 ),
			/* translators: 1: path of a file, 2: a number */
			__( '%1$s is a journal segment of format %2$s, which this version does not know: start the version of webhooks-worker that wrote it', 'network-webhooks' ),
			/* translators: %s: why */
			__( 'the worker can\'t be started: %s', 'network-webhooks' ),
			/* translators: 1: a number above 1, 2: date and time */
			__( 'the worker died %1$s times within the last hour, the last time at %2$s: worker.log in the spool and the system\'s own log say more', 'network-webhooks' ),
			__( 'the worker died each time that it made this attempt', 'network-webhooks' ),
			/* translators: 1: version of the worker, 2: version of the extension */
			__( 'the worker that runs is version %1$s and the PHP extension %2$s: one of them was updated; restart the worker, and PHP', 'network-webhooks' ),
			__( 'no worker runs, and PHP may not start one (webhooks.autostart in php.ini): have the service manager start it; events are kept until then', 'network-webhooks' ),
			/* translators: %s: date and time */
			__( 'events in the journal wait since %s to be taken in: the worker does not run, hangs, or this machine can\'t keep up; worker.log in the spool says more', 'network-webhooks' ),
			__( 'the journal has had records that this version does not know; they are kept: install the version of webhooks-worker that wrote them', 'network-webhooks' ),
			/* translators: 1: number of minutes, 2: date and time */
			array( _n_noop( 'the clock of this server was set ahead by %1$s minute at %2$s: receivers refuse what is signed with a wrong time; have the clock kept right (NTP)', 'the clock of this server was set ahead by %1$s minutes at %2$s: receivers refuse what is signed with a wrong time; have the clock kept right (NTP)', 'network-webhooks' ), 1 ),
			/* translators: 1: number of minutes, 2: date and time */
			array( _n_noop( 'the clock of this server was set back by %1$s minute at %2$s: receivers refuse what is signed with a wrong time; have the clock kept right (NTP)', 'the clock of this server was set back by %1$s minutes at %2$s: receivers refuse what is signed with a wrong time; have the clock kept right (NTP)', 'network-webhooks' ), 1 ),
			/* translators: %s: path of a folder */
			__( 'the file system of %s can only be read: mount it so that it can be written to (a kernel makes it so after an error of the disk: see its log)', 'network-webhooks' ),
			/* translators: 1: path of a folder, 2: number of files */
			array( _n_noop( 'the file system of %1$s has room for %2$s more file (inode) only: delete files that nobody needs, or give it more inodes; a process that can make none keeps its events in WordPress\'s database', 'the file system of %1$s has room for %2$s more files (inodes) only: delete files that nobody needs, or give it more inodes; a process that can make none keeps its events in WordPress\'s database', 'network-webhooks' ), 2 ),
			/* translators: 1: number of a process, 2: date and time */
			__( 'the worker (process %1$s) has done nothing since %2$s: it hangs, or was stopped; end it (kill -9), and another one takes its place; worker.log in the spool says more', 'network-webhooks' ),
			/* translators: %s: date and time */
			__( 'no worker runs, and deliveries are due since %s: have one started (webhooks_wake(), or any event), and see worker.log in the spool for why the last one ended', 'network-webhooks' ),
			/* translators: %s: date and time */
			__( 'the database of the log had lost what it had taken in, as it was restored or another node took over: that was read again from the journal at %s, and sent again where the log has nothing of it', 'network-webhooks' ),
			/* translators: %s: date and time */
			__( 'a server\'s spool was a copy of another one\'s, and has had an identity of its own since %s: nothing is lost; delete spool.id from the image that servers are made of', 'network-webhooks' ),
			/* translators: %s: date and time */
			__( 'the log of deliveries was damaged and lies aside since %s; a new one was begun, and what had waited in the old one is not sent: look after the disk', 'network-webhooks' ),
			/* translators: 1: name of a webhook, 2: its id, 3: date and time */
			__( 'the webhook "%1$s" (%2$s) is disabled since %3$s, and its events are kept: fix its endpoint, and enable it', 'network-webhooks' ),
			__( 'no name of an endpoint is found: look after the DNS servers of this server (/etc/resolv.conf); what waits is sent once they answer', 'network-webhooks' ),
			__( 'no endpoint is reached, not a single one: look after the network, the proxy and the firewall of this server; what waits is sent once they let it through', 'network-webhooks' ),
			__( 'webhooks.max_in_flight in php.ini is not what the webhooks were published with: save any webhook to publish them again', 'network-webhooks' ),
			__( 'webhooks.keep_segments in php.ini is not what the webhooks were published with: save any webhook to publish them again', 'network-webhooks' ),
			/* translators: %s: number of requests */
			array( _n_noop( 'the worker may open too few files for more than %s request at once: raise the limit of open files (`ulimit -n`, systemd\'s LimitNOFILE) where PHP or the worker is started, and restart both, or set webhooks.max_in_flight in php.ini', 'the worker may open too few files for more than %s requests at once: raise the limit of open files (`ulimit -n`, systemd\'s LimitNOFILE) where PHP or the worker is started, and restart both, or set webhooks.max_in_flight in php.ini', 'network-webhooks' ), 1 ),
			/* translators: %s: how much it is */
			__( 'the log can\'t keep this attempt: %s', 'network-webhooks' ),
			/* translators: %s: number of bytes */
			array( _n_noop( 'the worker may only write files of at most %s byte, and stops when its log of deliveries has as many: raise the limit of a file\'s size (`ulimit -f`, systemd\'s LimitFSIZE) where PHP or the worker is started, and restart both', 'the worker may only write files of at most %s bytes, and stops when its log of deliveries has as many: raise the limit of a file\'s size (`ulimit -f`, systemd\'s LimitFSIZE) where PHP or the worker is started, and restart both', 'network-webhooks' ), 1 ),
			/* translators: 1: number of a user, 2: number of a user */
			__( 'only the spool\'s owner (user %1$s) or root may start the worker, this is user %2$s', 'network-webhooks' ),
			/* translators: 1: what was tried, in English, 2: a path, 3: a user, 4: what the system said */
			__( 'cannot %1$s (%2$s) as %3$s: %4$s', 'network-webhooks' ),
			/* translators: 1: path of a file, 2: a number, 3: a number */
			__( '%1$s has schema version %2$s, this worker knows up to %3$s: install the version of webhooks-worker that wrote it, or move the file away to start an empty log', 'network-webhooks' ),
			/* translators: 1: path of a file, 2: how, in English */
			__( '%1$s is damaged: %2$s', 'network-webhooks' ),
			/* translators: 1: path of a file, 2: what the database said */
			__( 'no room left in %1$s: %2$s', 'network-webhooks' ),
			/* translators: 1: path of a file, 2: why */
			__( 'too large for %1$s: %2$s', 'network-webhooks' ),
			/* translators: 1: number of bytes, 2: the most that there may be */
			array( _n_noop( '%1$s byte, at most %2$s are possible', '%1$s bytes, at most %2$s are possible', 'network-webhooks' ), 1 ),
			/* translators: 1: path of a file, 2: what the database said */
			__( '%1$s was changed by somebody else meanwhile: %2$s', 'network-webhooks' ),
			/* translators: 1: path of a file, 2: what the database said */
			__( '%1$s can\'t be reached: %2$s', 'network-webhooks' ),
			/* translators: 1: path of a file, 2: what the database said */
			__( '%1$s can only be read: %2$s', 'network-webhooks' ),
			/* translators: %s: what was typed */
			__( '"%s" is no store: expected sqlite:/path/of/a/file (empty: store.sqlite in the spool), or mysql: (the network\'s own database)', 'network-webhooks' ),
			/* translators: 1: date and time, 2: why, in a sentence of its own */
			__( 'the database of the log is away since %1$s: %2$s; events wait in the journal, and are sent once it is back', 'network-webhooks' ),
			/* translators: %s: why, in a sentence of its own */
			__( 'the database of the log is away: %s; events wait in the journal, and are sent once it is back', 'network-webhooks' ),
			/* translators: 1: address of a store, 2: date and time, 3: a command */
			__( 'a move of the log to %1$s was begun at %2$s and is not at its end, so what waits in it is not sent: go on with it, as the spool\'s owner or root: %3$s', 'network-webhooks' ),
			/* translators: 1: a number, 2: a command */
			__( 'webhooks.store is a database, and store.sqlite in the spool has deliveries that wait or are held (%1$s), which nobody sends: move them, as the spool\'s owner or root: %2$s', 'network-webhooks' ),
			/* translators: 1: path of a file, 2: path of another file */
			__( 'the log in %1$s was moved into a database: set webhooks.store in php.ini to its address (mysql:, or what --to was), or remove %2$s to begin an empty log', 'network-webhooks' ),
			/* translators: 1: path of a file, 2: what the system said */
			__( '"mysql:" is the network\'s own database, and who it is stands in %1$s, which only the spool\'s owner may read (%2$s): inside WordPress the plugin says it with webhooks_database(); elsewhere call that first, or run as the spool\'s owner', 'network-webhooks' ),
			/* translators: %s: path of a file */
			__( '"mysql:" is the network\'s own database, and %s does not name it yet: save any webhook in Network Admin, which publishes it with WordPress\'s credentials', 'network-webhooks' ),
			/* translators: 1: path of a file, 2: number of a line, 3: number of a column */
			__( '%1$s is damaged (line %2$s, column %3$s): publish again (save any webhook)', 'network-webhooks' ),
			/* translators: %s: what the system said */
			__( '%s; make room on that file system', 'network-webhooks' ),
			/* translators: %s: what the system said */
			__( '%s; raise that user\'s quota, or make room', 'network-webhooks' ),
			/* translators: %s: what the system said */
			__( '%s; mount it writable, or set webhooks.spool to another path', 'network-webhooks' ),
			/* translators: %s: what the system said */
			__( '%s; check owner and mode of that path and of the folders above it', 'network-webhooks' ),
			/* translators: %s: what the system said */
			__( '%s; raise the limit of open files (`ulimit -n`)', 'network-webhooks' ),
			/* translators: %s: what the system said */
			__( '%s; raise the limit of a file\'s size (`ulimit -f`, systemd\'s LimitFSIZE) for PHP and the worker', 'network-webhooks' ),
			/* translators: %s: what the system said */
			__( '%s; the event may be lost in a power cut', 'network-webhooks' ),
			/* translators: %s: what was typed */
			__( 'since: "%s" is no time; expected RFC 3339, such as 2026-11-20T10:00:00Z', 'network-webhooks' ),
			/* translators: 1: what was asked for, 2: what it has to be, such as “an event's id”, 3: how that begins */
			__( '"%1$s" is not %2$s (expected "%3$s_" and 26 characters of 0-9 a-z without i l o u)', 'network-webhooks' ),
			__( 'an event\'s id', 'network-webhooks' ),
			__( 'a delivery\'s id', 'network-webhooks' ),
			__( 'expected a filter that filters: this one finds everything', 'network-webhooks' ),
			// What the plugin itself keeps in English, since mails and pages have readers of their own.
			/* translators: 1: PHP version, 2: name of the server interface such as fpm-fcgi, 3: path of php.ini */
			__( 'PHP %1$s (%2$s, php.ini: %3$s) does not load the extension “webhooks”. Install it for this PHP with “make install”, or add “extension=webhooks.so” to its configuration, and restart PHP.', 'network-webhooks' ),
			/* translators: 1: version of the extension, 2: needed version */
			__( 'The PHP extension “webhooks” is version %1$s, and this plugin needs %2$s or newer. Install the newer one with “make install” and restart PHP.', 'network-webhooks' ),
			/* translators: 1: date and time, 2: date and time */
			__( 'The clock of this server stands at %1$s (UTC), and that of the database at %2$s (UTC): one of them is wrong. Receivers refuse what is signed with a wrong time. Have both kept right (NTP).', 'network-webhooks' ),
			/* translators: 1: amount such as 300 MB, 2: path of a folder */
			__( 'Only %1$s are free for %2$s. Make room: with none left, events wait in WordPress’s database, and no attempt is made.', 'network-webhooks' ),
		);
	}
	/**
	 * What the outbox keeps in English: why an event waits or was refused, and what is announced of it.
	 *
	 * @return list<string|array{0: array<string, string>, 1: int}>
	 */
	private static function of_outbox(): array {
		return array(
			/* translators: %s: date and time in UTC */
			__( 'WP-Cron of the main site has not run since %s (UTC). It hands over what waits in the database, has the worker started, and sends mail. Let WordPress call wp-cron.php, or have the system call it every five minutes.', 'network-webhooks' ),
			/* translators: 1: number of events, 2: the most that there may be, 3: amount such as 80 MB, 4: the most that it may be */
			__( 'Events that wait in the database: %1$s of at most %2$s, and %3$s of at most %4$s. What comes when one of these is reached is lost. Fix what keeps them from being sent: Site Health says what that is.', 'network-webhooks' ),
			/* translators: %s: date and time in UTC */
			__( 'An event waits in the database since %s (UTC). After 30 days it is not sent any more. Fix what keeps it from being sent: Site Health says what that is.', 'network-webhooks' ),
			/* translators: %s: date and time in UTC */
			__( 'Events wait in the database since %s (UTC). The journal did not take them. They are sent by themselves as soon as it does: Site Health says what is in the way.', 'network-webhooks' ),
			/* translators: 1: date and time in UTC, 2: why */
			__( 'Since %1$s (UTC) mails about webhooks can’t be sent: %2$s. What they have to say stands on these pages. Have WordPress’s mails sent again, or name other addresses on the page Webhooks › Settings › Mail.', 'network-webhooks' ),
			__( 'no address is set that is one', 'network-webhooks' ),
			__( 'WordPress did not say why', 'network-webhooks' ),
			__( 'PHP ended while it sent one', 'network-webhooks' ),
			/* translators: %s: the error, in English */
			__( 'it was lost by an error: %s', 'network-webhooks' ),
			__( 'Events were refused and are not sent by themselves. Each is shown on the page Webhooks › Settings › Status, with the reason: try it again, or discard it.', 'network-webhooks' ),
			/* translators: %s: number of bytes */
			array( _n_noop( 'the event has more than the %s byte that can wait in the database: send less data', 'the event has more than the %s bytes that can wait in the database: send less data', 'network-webhooks' ), 1 ),
			__( 'the outbox is full: no more events can wait in the database', 'network-webhooks' ),
			__( 'it waited in the database for more than 30 days', 'network-webhooks' ),
			__( 'PHP ended each time that this event was handed over, as where its memory does not suffice', 'network-webhooks' ),
			/* translators: %s: why, in English */
			__( 'what was kept of the event can\'t be read: %s', 'network-webhooks' ),
		);
	}
}
