<?php
/**
 * The form of a webhook.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Form;

use Network_Webhooks\Event_Registry;
use Network_Webhooks\Limits;
use Network_Webhooks\Site_Directory;
use Network_Webhooks\Webhook;

defined( 'ABSPATH' ) || exit;

/**
 * From a webhook to the inputs of its form and back.
 */
final class Form {

	/**
	 * Name, URL and events.
	 */
	public readonly Basic_Group $basic;

	/**
	 * To which service events go.
	 */
	public readonly Service_Group $service;

	/**
	 * The groups below “More”, by their headings.
	 *
	 * @var array<string, Field_Group>
	 */
	public readonly array $more;

	/**
	 * Signature and secret.
	 */
	public readonly Security_Group $security;

	/**
	 * @param bool $reveal Whether this page may show the secret.
	 */
	public function __construct( Event_Registry $registry, bool $reveal = false ) {
		$this->service  = new Service_Group( $registry );
		$this->basic    = new Basic_Group( $registry, $this->service );
		$this->security = new Security_Group( $reveal );
		$this->more     = array(
			__( 'Sites', 'network-webhooks' )    => new Sites_Group( new Site_Directory() ),
			__( 'Body', 'network-webhooks' )     => new Body_Group(),
			__( 'Security', 'network-webhooks' ) => $this->security,
			__( 'Delivery', 'network-webhooks' ) => new Delivery_Group(),
			__( 'Mail', 'network-webhooks' )     => new Email_Group(),
		);
	}

	/**
	 * What stands in the form of a webhook.
	 *
	 * @param Webhook|null $webhook null: a new one.
	 */
	public function show( ?Webhook $webhook ): Form_Input {
		$webhook ??= Webhook::create( '', '' );
		$values    = array(
			'webhook' => $webhook->is_stored() ? $webhook->id : '',
			'version' => (string) $webhook->version,
		);
		foreach ( $this->groups() as $group ) {
			$values += $group->show( $webhook );
		}
		return new Form_Input( $values );
	}

	/**
	 * What was posted. What was not is as it was.
	 *
	 * @param array<string, mixed> $posted As $_POST has it, with slashes.
	 * @param Webhook|null         $old    null: a new one.
	 */
	public function posted( array $posted, ?Webhook $old ): Form_Input {
		return Form_Input::posted( $posted, $this->show( $old )->all() );
	}

	/**
	 * The webhook that a form describes. Where something is wrong it says so in `$errors`, and
	 * the webhook is of no use.
	 *
	 * @param Webhook|null $old null: a new one.
	 */
	public function read( Form_Input $typed, ?Webhook $old, Errors $errors ): Webhook {
		$old    ??= Webhook::create( '', '' );
		$filled   = $this->service->fill( $typed, $old, $errors );
		$settings = array();
		foreach ( $this->groups() as $group ) {
			$settings += $group->read( $filled, $old, $errors );
		}
		$this->gather( $typed, $errors );
		list( 'name' => $name, 'url' => $url, 'paused' => $paused ) = $settings;
		unset( $settings['name'], $settings['url'], $settings['paused'] );
		// Without what this version does not know, which the extension would refuse.
		$rest = array_intersect_key( $old->settings, array_flip( Limits::choices( 'settings' ) ) );
		return $old->with_form( $name, $url, $paused, $settings + $rest );
	}

	/**
	 * The form with what its service filled in, to be edited by hand from now on.
	 *
	 * @param Webhook|null $old null: a new one.
	 */
	public function as_template( Form_Input $typed, ?Webhook $old ): Form_Input {
		return $this->service->fill( $typed, $old ?? Webhook::create( '', '' ), new Errors() )->with( array( 'service' => '' ) );
	}

	/**
	 * Says at the choice of the service what is wrong with what it filled in.
	 */
	public function gather( Form_Input $typed, Errors $errors ): void {
		if ( Service_Group::makes_url( $typed ) ) {
			$errors->gather( 'service', Service_Group::FILLED, 'service_' );
		}
	}

	/**
	 * All groups.
	 *
	 * @return list<Field_Group>
	 */
	private function groups(): array {
		return array( $this->service, $this->basic, ...array_values( $this->more ) );
	}
}
