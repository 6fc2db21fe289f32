<?php
/**
 * What the forms of Custom Events ask for.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Custom_Event;
use Network_Webhooks\Custom_Events;
use Network_Webhooks\Event_Registry;
use Network_Webhooks\Extension_Messages;
use Network_Webhooks\Hook_Calls;
use Network_Webhooks\Publisher;
use Network_Webhooks\Ready_Event;
use Network_Webhooks\Secrets;

defined( 'ABSPATH' ) || exit;

/**
 * Adds, saves, records and deletes, and redirects. Each needs the nonce and the capability.
 */
final class Custom_Event_Actions {

	/** Under which the typed values of a new one are kept. */
	public const FLASH = 'custom_event';

	public function __construct( private readonly Publisher $publisher, private readonly Event_Registry $registry ) {}

	/**
	 * Adds the hooks.
	 */
	public function add_hooks(): void {
		foreach ( array( 'add', 'pick', 'save', 'record', 'delete' ) as $action ) {
			add_action( 'network_admin_edit_' . Actions::PREFIX . "custom_$action", array( $this, $action ) );
		}
	}

	/**
	 * Adds an event.
	 */
	public function add(): void {
		Actions::check();
		$typed = array(
			'hook' => trim( self::text( 'hook' ) ),
			'name' => trim( self::text( 'name' ) ),
			'slug' => trim( self::text( 'slug' ) ),
		);
		$error = $this->attempt(
			function () use ( $typed ) {
				$event = Custom_Event::create( '' === $typed['slug'] ? strtolower( $typed['hook'] ) : $typed['slug'], $typed['hook'], $typed['name'] );
				if ( $this->registry->find( $event->slug ) || Custom_Events::find( $event->slug ) ) {
					/* translators: %s: identifier of an event */
					throw new \InvalidArgumentException( sprintf( __( 'There is an event with the identifier “%s” already. Receivers could not tell the two apart: choose another one.', 'network-webhooks' ), $event->slug ) );
				}
				self::refuse_filter( $event->action );
				$this->publisher->change( static fn() => Custom_Events::save( $event ) );
				return $event;
			},
			$event
		);
		if ( '' !== $error ) {
			Flash::put( $error, array( 'webhook' => self::FLASH ) + $typed );
			Actions::leave( Custom_Events_Page::url() );
		}
		self::leave_to( $event, 'added' );
	}

	/**
	 * Adds an event that is ready, with what it sends.
	 */
	public function pick(): void {
		Actions::check();
		$ready = Ready_Event::find( self::text( 'ready' ) );
		$error = $this->attempt(
			function () use ( $ready ) {
				$event = $ready?->event();
				if ( ! $event || $this->registry->find( $event->slug ) || Custom_Events::find( $event->slug ) ) {
					throw new \InvalidArgumentException( __( 'This event is there already, or is no longer offered. Look at the list.', 'network-webhooks' ) );
				}
				$this->publisher->change( static fn() => Custom_Events::save( $event ) );
				return $event;
			},
			$event
		);
		if ( '' !== $error ) {
			Flash::put( $error );
			Actions::leave( Custom_Events_Page::url() );
		}
		self::leave_to( $event, 'picked' );
	}

	/**
	 * Saves name and data of an event.
	 */
	public function save(): void {
		Actions::check();
		$old   = $this->posted();
		$error = $this->attempt(
			function () use ( $old ) {
				$arguments = self::arguments();
				self::refuse_secrets( $old, $arguments );
				$event = $old->with( trim( self::text( 'name' ) ), $arguments );
				$this->publisher->change( static fn() => Custom_Events::save( $event ) );
				return $event;
			},
			$event
		);
		if ( '' !== $error ) {
			Flash::put(
				$error,
				array(
					'webhook' => self::FLASH . ":$old->slug",
					'name'    => self::text( 'name' ),
					'rows'    => (string) wp_json_encode( self::rows() ),
				)
			);
			self::leave_to( $old );
		}
		self::leave_to( $event, 'saved' );
	}

	/**
	 * Records the next occurrence.
	 */
	public function record(): void {
		Actions::check();
		$event = $this->posted()->with_recording( time() + Custom_Event::RECORDING );
		$error = $this->attempt(
			function () use ( $event ) {
				$this->publisher->change( static fn() => Custom_Events::save( $event ) );
				return $event;
			},
			$event
		);
		if ( '' !== $error ) {
			Flash::put( $error );
		}
		self::leave_to( $event, '' === $error ? 'recording' : '' );
	}

	/**
	 * Deletes an event.
	 */
	public function delete(): void {
		Actions::check();
		$event = $this->posted();
		$error = $this->attempt(
			function () use ( $event ) {
				$this->publisher->change( static fn() => Custom_Events::delete( $event->slug ) );
				return $event;
			},
			$event
		);
		if ( '' !== $error ) {
			Flash::put( $error );
		}
		Actions::leave( Custom_Events_Page::url( '' === $error ? array( 'done' => 'deleted' ) : array() ) );
	}

	/**
	 * The rows of the form as they were posted.
	 *
	 * @return array<int, array{use: bool, key: string, fields: list<string>, more: string}>
	 */
	private static function rows(): array {
		$rows   = array();
		$posted = wp_unslash( $_POST['arguments'] ?? array() ); // phpcs:ignore WordPress.Security.ValidatedSanitizedInput.InputNotSanitized -- each field below.
		foreach ( is_array( $posted ) ? array_slice( $posted, 0, Custom_Event::ARGUMENTS, true ) : array() as $index => $row ) {
			$text                 = static fn( string $name ) => is_array( $row ) && is_string( $row[ $name ] ?? null ) ? wp_check_invalid_utf8( $row[ $name ], true ) : '';
			$fields               = is_array( $row ) ? (array) ( $row['fields'] ?? array() ) : array();
			$rows[ (int) $index ] = array(
				'use'    => '' !== $text( 'use' ),
				'key'    => trim( $text( 'key' ) ),
				'fields' => array_values( array_filter( $fields, 'is_string' ) ),
				'more'   => $text( 'more' ),
			);
		}
		return $rows;
	}

	/**
	 * The chosen arguments.
	 *
	 * @return list<array{index: int, name: string, fields: list<string>}>
	 */
	private static function arguments(): array {
		$arguments = array();
		foreach ( self::rows() as $index => $row ) {
			if ( $row['use'] ) {
				$arguments[] = array(
					'index'  => $index,
					'name'   => $row['key'],
					'fields' => array_merge( $row['fields'], preg_split( '/[\s,]+/', $row['more'], -1, PREG_SPLIT_NO_EMPTY ) ),
				);
			}
		}
		return $arguments;
	}

	/**
	 * Refuses what all code that is installed fires as a filter.
	 *
	 * @throws \InvalidArgumentException Says where.
	 */
	private static function refuse_filter( string $hook ): void {
		$calls = Hook_Calls::known( $hook );
		if ( $calls && ! array_filter( $calls, static fn( array $call ) => $call['is_action'] ) ) {
			throw new \InvalidArgumentException(
				sprintf(
					/* translators: 1: name of a hook, 2: path of a file, 3: number of a line */
					__( '%1$s is a filter: WordPress asks it for a value, and nothing happens then (%2$s, line %3$d). Look for an action, do_action( … ), that is fired at the same place.', 'network-webhooks' ),
					$hook,
					$calls[0]['file'],
					$calls[0]['line']
				)
			);
		}
	}

	/**
	 * Refuses arguments and fields whose names say that they are secrets.
	 *
	 * @param list<array{index: int, name: string, fields: list<string>}> $arguments
	 * @throws \InvalidArgumentException Says which.
	 */
	private static function refuse_secrets( Custom_Event $event, array $arguments ): void {
		$names = Hook_Calls::names( Hook_Calls::known( $event->action ) );
		foreach ( $arguments as $argument ) {
			foreach ( array( $names[ $argument['index'] ] ?? '', $argument['name'], ...$argument['fields'] ) as $name ) {
				if ( Secrets::is_name( $name ) ) {
					/* translators: %s: name of an argument or field */
					throw new \InvalidArgumentException( sprintf( __( '“%s” may be a password, key or token by its name, and is never sent. Leave it out.', 'network-webhooks' ), $name ) );
				}
			}
		}
	}

	/**
	 * Does a thing; what went wrong, or empty.
	 *
	 * @param callable(): Custom_Event $work
	 * @param Custom_Event|null        $event What it returned.
	 */
	private function attempt( callable $work, ?Custom_Event &$event ): string {
		try {
			$event = $work();
			return '';
		} catch ( \InvalidArgumentException $error ) {
			return Extension_Messages::of( $error );
		} catch ( \Throwable $error ) {
			Custom_Events::forget_undone();
			return Extension_Messages::of( $error );
		}
	}

	/**
	 * The event that the form is about. Somebody else may have deleted it.
	 */
	private function posted(): Custom_Event {
		$event = Custom_Events::find( self::text( 'event' ) );
		if ( ! $event ) {
			Flash::put( __( 'This event no longer exists. Somebody deleted it.', 'network-webhooks' ) );
			Actions::leave( Custom_Events_Page::url() );
		}
		return $event;
	}

	/**
	 * A posted text.
	 */
	private static function text( string $name ): string {
		return is_string( $_POST[ $name ] ?? null ) ? wp_check_invalid_utf8( wp_unslash( $_POST[ $name ] ), true ) : ''; // phpcs:ignore WordPress.Security.ValidatedSanitizedInput.InputNotSanitized -- as it was typed; checked where it is used.
	}

	/**
	 * Goes to an event's form.
	 */
	private static function leave_to( Custom_Event $event, string $done = '' ): never {
		Actions::leave( Custom_Events_Page::url( array( 'event' => $event->slug ) + ( '' === $done ? array() : array( 'done' => $done ) ) ) );
	}
}
