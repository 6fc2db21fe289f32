<?php
/**
 * A piece of news for people.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Announcements;

use Network_Webhooks\Admin\Admin;
use Network_Webhooks\Admin\Deliveries\Recover_View;
use Network_Webhooks\Date_Format;
use Network_Webhooks\Extension_Messages;
use Network_Webhooks\Set_Aside;
use Network_Webhooks\Unpublished;

defined( 'ABSPATH' ) || exit;

/**
 * What the worker or a server announces: a code with parameters, put into words here, in the
 * language of whoever reads it. A value, changed by making another one.
 *
 * @since 0.1.0
 */
final class Announcement {

	/** A webhook was disabled by the worker. */
	public const DISABLED = 'webhook_disabled';
	/** A webhook was enabled by a person. */
	public const ENABLED = 'webhook_enabled';
	/** A delivery ran out of attempts. */
	public const FAILED = 'delivery_failed';
	/** Parts of the journal could not be read. */
	public const CORRUPT = 'corrupt_records';
	/** The store could not be read, and a new one was begun. */
	public const STORE_SET_ASIDE = 'store_set_aside';
	/** The log in the database is that of a backup. */
	public const STORE_RESTORED = 'store_restored';
	/** What was delivered had to leave the log before its time. */
	public const LOG_SHORTENED = 'log_shortened';
	/** A webhook is invalid and was set aside. */
	public const INVALID = 'webhook_invalid';
	/** It is as it should be again, or was deleted. */
	public const VALID = 'webhook_valid';
	/** Something of Conditions began, named by the parameter `condition`. */
	public const BEGAN = 'condition_began';
	/** It is over. */
	public const ENDED = 'condition_ended';

	/**
	 * @param string               $id     Of the entry where it is kept; empty before.
	 * @param array<string, mixed> $params What it is about, such as `webhook_id`.
	 * @param int                  $at     Unix time of the first of its kind.
	 * @param int                  $count  How many of its kind this one stands for.
	 * @param bool                 $mailed Whether mail said it.
	 */
	public function __construct(
		public readonly string $code,
		public readonly array $params,
		public readonly int $at,
		public readonly string $id = '',
		public readonly int $count = 1,
		public readonly bool $mailed = false,
	) {}

	/**
	 * One of webhooks_announcements(); null for what the worker says to the extension alone.
	 *
	 * @param array{code: string, at: string, params: array<string, mixed>} $announced
	 */
	public static function from_store( array $announced ): ?self {
		$known = array( self::DISABLED, self::ENABLED, self::FAILED, self::CORRUPT, self::STORE_SET_ASIDE, self::STORE_RESTORED, self::LOG_SHORTENED );
		if ( ! in_array( $announced['code'], $known, true ) ) {
			return null;
		}
		return new self( $announced['code'], $announced['params'], (int) strtotime( $announced['at'] ) );
	}

	/**
	 * The announcement of a kept entry.
	 *
	 * @param array<string, mixed> $entry As to_array() gives it.
	 */
	public static function from_array( array $entry ): self {
		return new self( ...array_intersect_key( $entry, array_flip( array( 'code', 'params', 'at', 'id', 'count', 'mailed' ) ) ) );
	}

	/**
	 * What is kept of it.
	 *
	 * @return array<string, mixed>
	 */
	public function to_array(): array {
		return get_object_vars( $this );
	}

	/**
	 * The same announcement under an id.
	 */
	public function with_id( string $id ): self {
		return self::from_array( array( 'id' => $id ) + $this->to_array() );
	}

	/**
	 * The same announcement for one more of its kind.
	 */
	public function and_another(): self {
		return self::from_array( array( 'count' => $this->count + 1 ) + $this->to_array() );
	}

	/**
	 * The same announcement, said by mail or not.
	 */
	public function with_mailed( bool $mailed ): self {
		return self::from_array( array( 'mailed' => $mailed ) + $this->to_array() );
	}

	/**
	 * Whether another one says the same of the same thing.
	 */
	public function is_like( self $other ): bool {
		return $this->code === $other->code && $this->subject() === $other->subject();
	}

	/**
	 * Id of the webhook that it is about; empty where it is about a server.
	 */
	public function webhook_id(): string {
		return (string) ( $this->params['webhook_id'] ?? '' );
	}

	/**
	 * Whether it is good news.
	 */
	public function is_good(): bool {
		return in_array( $this->code, array( self::ENABLED, self::VALID, self::ENDED ), true );
	}

	/**
	 * In a few words, as a mail's heading.
	 */
	public function title(): string {
		$name = (string) ( $this->params['webhook_name'] ?? '' );
		return match ( $this->code ) {
			/* translators: %s: name of a webhook */
			self::DISABLED => sprintf( __( '“%s” is disabled', 'network-webhooks' ), $name ),
			/* translators: %s: name of a webhook */
			self::ENABLED => sprintf( __( '“%s” is enabled again', 'network-webhooks' ), $name ),
			/* translators: %s: name of a webhook */
			self::FAILED => sprintf( __( 'Events did not reach “%s”', 'network-webhooks' ), $name ),
			/* translators: %s: name of a webhook */
			self::INVALID => sprintf( __( '“%s” is invalid', 'network-webhooks' ), $name ),
			/* translators: %s: name of a webhook */
			self::VALID => sprintf( __( 'Over: “%s” was invalid', 'network-webhooks' ), $name ),
			self::CORRUPT => __( 'Parts of the journal could not be read', 'network-webhooks' ),
			self::STORE_SET_ASIDE => __( 'The log of deliveries was damaged', 'network-webhooks' ),
			self::STORE_RESTORED => __( 'The log of deliveries was restored from a backup', 'network-webhooks' ),
			self::LOG_SHORTENED => __( 'The log of deliveries takes all its room', 'network-webhooks' ),
			self::BEGAN => Health_Checks::title( (string) $this->params['condition'] ),
			/* translators: %s: what was wrong, such as “The disk is almost full” */
			self::ENDED => sprintf( __( 'Over: %s', 'network-webhooks' ), Health_Checks::title( (string) $this->params['condition'] ) ),
			default => $this->code,
		};
	}

	/**
	 * What happened and what to do.
	 */
	public function text(): string {
		/**
		 * What an announcement says, on the pages and in mails.
		 *
		 * @since 0.1.0
		 *
		 * @param string       $text         In the reader's language.
		 * @param Announcement $announcement What it is about.
		 */
		return (string) apply_filters( 'network_webhooks_announcement_text', $this->sentence(), $this );
	}

	/**
	 * Where one sees more and mends it.
	 */
	public function url(): string {
		$webhook = $this->webhook_id();
		if ( self::INVALID === $this->code ) {
			return Admin::url(
				array(
					'action'  => 'edit',
					'webhook' => $webhook,
				)
			);
		}
		return '' === $webhook ? Admin::url( array(), Admin::STATUS ) : Recover_View::url( $webhook );
	}

	/**
	 * The text before anybody changes it.
	 */
	private function sentence(): string {
		return match ( $this->code ) {
			self::DISABLED => $this->disabled(),
			self::ENABLED => __( 'New events are sent to it again. What was kept meanwhile can be sent too.', 'network-webhooks' ),
			self::FAILED => 'worker_died' === ( $this->params['failure'] ?? '' ) ? sprintf(
				/* translators: 1: number of deliveries, 2: name of an event */
				_n( '%1$s delivery failed for good: the worker died each time that it sent it (%2$s). It is kept, and can be sent again; worker.log in the spool may say why.', '%1$s deliveries failed for good: the worker died each time that it sent the first of them (%2$s). They are kept, and can be sent again; worker.log in the spool may say why.', $this->count, 'network-webhooks' ),
				number_format_i18n( $this->count ),
				(string) ( $this->params['event'] ?? '' )
			) : sprintf(
				/* translators: 1: number of deliveries, 2: name of an event */
				_n( '%1$s delivery failed for good: it ran out of attempts (%2$s). It is kept, and can be sent again.', '%1$s deliveries failed for good: they ran out of attempts (the first was %2$s). They are kept, and can be sent again.', $this->count, 'network-webhooks' ),
				number_format_i18n( $this->count ),
				(string) ( $this->params['event'] ?? '' )
			),
			self::CORRUPT => sprintf(
				/* translators: 1: amount such as 5 MB, 2: name of a file */
				__( '%1$s of the journal could not be read, as after a power failure, and lie aside in %2$s. All else went on. Events in them may not have been sent.', 'network-webhooks' ),
				(string) size_format( (int) ( $this->params['bytes'] ?? 0 ) ),
				'corrupt/' . ( $this->params['kept_as'] ?? '' )
			),
			self::LOG_SHORTENED => 'disk' === ( $this->params['reason'] ?? '' )
				? __( 'The disk of the spool is full. So that deliveries go on, the payloads of what was delivered leave the log before their time, the oldest first. Make room on that disk.', 'network-webhooks' )
				: __( 'The log has reached what it may take of the disk: half of it, unless something else was set. So that deliveries go on, the payloads of what was delivered leave the log before their time, the oldest first.', 'network-webhooks' ),
			self::STORE_SET_ASIDE => sprintf(
				/* translators: 1: path of a file, 2: what was wrong with it */
				__( 'The file could not be used any more and lies aside as %1$s (%2$s). A new log was begun; what had waited in the old one is not sent.', 'network-webhooks' ),
				(string) ( $this->params['kept_as'] ?? '' ),
				Extension_Messages::translated( (string) ( $this->params['reason'] ?? '' ) )
			),
			self::STORE_RESTORED => sprintf(
				/* translators: 1: a number, 2: date and time, 3: a number */
				__( 'What waited in it is held and not sent (%1$s), as it may have been sent since: the log knows nothing of what was sent from %2$s on. Of some the server remembers that they were sent (%3$s); each delivery’s page says it. Look through what is held, and send or cancel it.', 'network-webhooks' ),
				number_format_i18n( (int) ( $this->params['held'] ?? 0 ) ),
				Date_Format::minute( (string) ( $this->params['since'] ?? '' ) ),
				number_format_i18n( (int) ( $this->params['sent'] ?? 0 ) )
			),
			self::INVALID => Set_Aside::of_params( $this->params )->reason() . ' – ' . Set_Aside::of_params( $this->params )->consequence(),
			self::VALID => __( 'It can be used, or it was deleted. What was kept for it is sent; where it could not be told whether it wants an event, that one is kept until you send it.', 'network-webhooks' ),
			self::BEGAN => Health_Checks::PUBLICATION === $this->params['condition']
				? Unpublished::sentence( (string) ( $this->params['message'] ?? '' ) )
				: Extension_Messages::translated( (string) ( $this->params['message'] ?? '' ) ),
			self::ENDED => __( 'Nothing has to be done.', 'network-webhooks' ),
			default => '',
		};
	}

	/**
	 * Why a webhook was disabled, and what to do.
	 */
	private function disabled(): string {
		$why = 'gone' === ( $this->params['reason'] ?? '' )
			? __( 'Its endpoint answered 410: it is gone for good.', 'network-webhooks' )
			: sprintf(
				/* translators: %s: number of failures */
				_n( 'Its last %s attempt failed.', 'All of its last %s attempts failed.', (int) ( $this->params['failures_in_row'] ?? 0 ), 'network-webhooks' ),
				number_format_i18n( (int) ( $this->params['failures_in_row'] ?? 0 ) )
			);
		return $why . ' ' . __( 'Its events are kept from now on. Fix the endpoint, then enable the webhook and send what was missed.', 'network-webhooks' );
	}

	/**
	 * What it is about, for comparing.
	 */
	private function subject(): string {
		return $this->webhook_id() . '|' . ( $this->params['condition'] ?? '' ) . '|' . ( $this->params['server'] ?? '' );
	}
}
