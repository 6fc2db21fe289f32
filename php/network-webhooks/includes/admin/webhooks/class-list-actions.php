<?php
/**
 * What can be done with a webhook of the list.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Counters;
use Network_Webhooks\Status;
use Network_Webhooks\Webhook;

defined( 'ABSPATH' ) || exit;

/**
 * Links and buttons of a row. Links only show something; what writes is a button of the form below the table.
 */
final class List_Actions {

	/**
	 * Addresses of actions, escaped.
	 *
	 * @var array<string, string>
	 */
	private array $addresses = array();

	/**
	 * Addresses of what is about one webhook.
	 */
	private readonly Row_Url $urls;

	/**
	 * @param bool $may_manage Whether this user may change webhooks.
	 */
	public function __construct( private readonly Counters $counters, private readonly bool $may_manage ) {
		$this->urls = new Row_Url();
	}

	/**
	 * All of a webhook.
	 *
	 * @return array<string, string> What it is called → link or button.
	 */
	public function of( Webhook $item ): array {
		$status = Status::of( $item, $this->counters );
		if ( ! $this->may_manage ) {
			return array_slice( $this->log_actions( $item, $status ), 0, 1 );
		}
		$actions = array(
			'edit' => $this->link( 'edit', __( 'Edit', 'network-webhooks' ), $item, self::page( 'edit' ) ),
			'test' => $this->button( 'test', __( 'Send Test Event', 'network-webhooks' ), $item ),
		) + $this->log_actions( $item, $status );
		if ( Status::DISABLED === $status->code ) {
			$actions['enable'] = $this->button( 'enable', __( 'Enable', 'network-webhooks' ), $item, array( 'disabling' => $status->disabling ) );
		}
		$actions['pause']     = $item->paused
			? $this->button( 'resume', __( 'Resume', 'network-webhooks' ), $item )
			: $this->button( 'pause', __( 'Pause', 'network-webhooks' ), $item );
		$actions['duplicate'] = $this->button( 'duplicate', __( 'Duplicate', 'network-webhooks' ), $item );
		$actions['delete']    = $this->link( 'delete', __( 'Delete', 'network-webhooks' ), $item, self::page( 'delete' ) );
		return $actions;
	}

	/**
	 * What leads to the log.
	 *
	 * @return array<string, string>
	 */
	private function log_actions( Webhook $webhook, Status $status ): array {
		$actions = array( 'deliveries' => $this->link( 'deliveries', __( 'Deliveries', 'network-webhooks' ), $webhook, static fn( string $id ) => Admin::url( array( 'webhook' => $id ), Admin::DELIVERIES ) ) );
		if ( in_array( $status->code, array( Status::DISABLED, Status::FAILING ), true ) || $this->counters->waiting( $webhook->id ) ) {
			$actions['recover'] = $this->link( 'recover', __( 'Recover', 'network-webhooks' ), $webhook, array( Deliveries\Recover_View::class, 'url' ) );
		}
		return $actions;
	}

	/**
	 * A link to a page of a webhook.
	 *
	 * @param callable(string): string $url Its address, from the id of the webhook.
	 */
	private function link( string $action, string $text, Webhook $webhook, callable $url ): string {
		return sprintf( '<a href="%s" aria-label="%s">%s</a>', $this->urls->of( $action, $webhook->id, $url ), esc_attr( self::label( $text, $webhook ) ), esc_html( $text ) );
	}

	/**
	 * A button that does something with a webhook.
	 *
	 * @param array<string, string> $query What else it needs to know.
	 */
	private function button( string $action, string $text, Webhook $webhook, array $query = array() ): string {
		// The same in every row.
		$this->addresses[ $action ] ??= esc_url( Actions::url( $action ) );
		return sprintf(
			'<button type="submit" class="button-link" form="network-webhooks-row" formaction="%s" name="webhook" value="%s" aria-label="%s" data-network-webhooks="%s">%s</button>',
			$query ? esc_url( add_query_arg( array_map( 'rawurlencode', $query ), Actions::url( $action ) ) ) : $this->addresses[ $action ],
			esc_attr( $webhook->id ),
			esc_attr( self::label( $text, $webhook ) ),
			esc_attr( $action ),
			esc_html( $text )
		);
	}

	/**
	 * What a link or button does, for those who don't see in which row it is.
	 */
	private static function label( string $text, Webhook $webhook ): string {
		/* translators: 1: what a link or button does, such as Edit, 2: name of a webhook */
		return sprintf( __( '%1$s “%2$s”', 'network-webhooks' ), $text, $webhook->name );
	}

	/**
	 * What makes the address of a page of a webhook.
	 *
	 * @return \Closure(string): string
	 */
	private static function page( string $action ): \Closure {
		return static fn( string $id ) => Admin::url(
			array(
				'action'  => $action,
				'webhook' => $id,
			)
		);
	}
}
