<?php
/**
 * The routes of the form.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Rest;

use Network_Webhooks\Admin\Form\Errors;
use Network_Webhooks\Admin\Form\Form;
use Network_Webhooks\Admin\Preview_Box;
use Network_Webhooks\Admin\Test_Report;
use Network_Webhooks\Extension_Messages;
use Network_Webhooks\Presets\Event_Paths;
use Network_Webhooks\Site_Directory;
use Network_Webhooks\Webhook;

defined( 'ABSPATH' ) || exit;

/**
 * Search for sites, preview and test, for pages with JavaScript.
 */
final class Form_Routes extends Abstract_Routes {

	/** Seconds that one question for a result may wait, so that no PHP process is kept for long. */
	private const WAIT = 1.0;

	/**
	 * {@inheritDoc}
	 */
	protected function add_routes(): void {
		$this->add( '/fields', $this->fields( ... ), array( 'events' => self::text() ) );
		$this->add( '/sites', $this->sites( ... ), array( 'search' => self::text(), 'page' => self::number( 1, 1 ) ) );
		$this->add( '/preview', $this->preview( ... ), array(), 'POST' );
		$this->add( '/test', $this->test( ... ), array(), 'POST' );
		$this->add( '/test/(?P<event>[A-Za-z0-9_-]{1,64})', $this->result( ... ), array( 'last' => self::text() ) );
	}

	/**
	 * Sites in whose id, domain, path or name the text is, 20 at a time.
	 */
	public function sites( \WP_REST_Request $request ): \WP_REST_Response {
		return new \WP_REST_Response( ( new Site_Directory() )->search( (string) $request['search'], (int) $request['page'] ) );
	}

	/**
	 * Fields that all of these events have (names, separated by commas), for chips: path → a value as it could be.
	 */
	public function fields( \WP_REST_Request $request ): \WP_REST_Response {
		$events = array_slice( preg_split( '/[\s,]+/', (string) $request['events'], -1, PREG_SPLIT_NO_EMPTY ), 0, 200 );
		return new \WP_REST_Response( array( 'fields' => (object) Event_Paths::of( $this->plugin->catalogue(), $events ) ) );
	}

	/**
	 * What the posted form would send.
	 */
	public function preview( \WP_REST_Request $request ): \WP_REST_Response {
		list( $webhook, $errors ) = $this->form( $request );
		$data                     = (string) $request->get_param( 'test_data' );
		$html                     = Preview_Box::html( $webhook, $this->plugin->test_event(), $data, $errors );
		$this->gather( $request, $errors );
		return new \WP_REST_Response(
			array(
				'html'   => $html,
				'errors' => (object) $errors->all(),
			)
		);
	}

	/**
	 * Sends a test event to a stored webhook (`webhook` alone), or as the posted form stands.
	 */
	public function test( \WP_REST_Request $request ): \WP_REST_Response {
		$test   = $this->plugin->test_event();
		$data   = (string) $request->get_param( 'test_data' );
		$errors = new Errors();
		$draft  = null;
		try {
			if ( null === $request->get_param( 'url' ) ) {
				$webhook = $this->plugin->webhooks()->find( (string) $request->get_param( 'webhook' ) );
				if ( ! $webhook ) {
					throw new \RuntimeException( __( 'This webhook no longer exists. Somebody deleted it.', 'network-webhooks' ) );
				}
			} else {
				list( $webhook, $errors ) = $this->form( $request );
				if ( $errors->all() ) {
					return $this->refused( __( 'Some fields have to be changed first. Each says why.', 'network-webhooks' ), $errors );
				}
				$draft   = $this->plugin->drafts()->add( $webhook );
				$webhook = $draft;
			}
			return new \WP_REST_Response( array( 'event' => $test->send( $webhook, $data ) ) );
		} catch ( \Throwable $error ) {
			if ( $draft ) {
				$this->plugin->drafts()->remove( $draft->id );
			}
			$said = isset( $webhook ) && $errors->add_exception( $error, $webhook->id ) ? __( 'Some fields have to be changed first. Each says why.', 'network-webhooks' ) : Extension_Messages::of( $error );
			$this->gather( $request, $errors );
			return $this->refused( $said, $errors );
		}
	}

	/**
	 * What came of a test event; without `html`: nothing yet.
	 */
	public function result( \WP_REST_Request $request ): \WP_REST_Response {
		$event = (string) $request['event'];
		try {
			$delivery = $this->plugin->test_event()->result( $event, self::WAIT );
		} catch ( \Throwable $error ) {
			return new \WP_REST_Response( array( 'html' => Test_Report::error( Extension_Messages::of( $error ) ) ) );
		}
		if ( $delivery ) {
			return new \WP_REST_Response( array( 'html' => Test_Report::of( $delivery ) ) );
		}
		return new \WP_REST_Response( $request['last'] ? array( 'html' => Test_Report::nothing_yet( $event, $this->plugin->test_event()->at_inbox( $event ) ) ) : new \stdClass() );
	}

	/**
	 * The webhook that a posted form describes.
	 *
	 * @return array{Webhook, Errors}
	 */
	private function form( \WP_REST_Request $request ): array {
		$form   = new Form( $this->plugin->catalogue() );
		$id     = $request->get_param( 'webhook' );
		$old    = is_string( $id ) && '' !== $id ? $this->plugin->webhooks()->find( $id ) : null;
		$errors = new Errors();
		// REST took the slashes away; the form reads what has them.
		return array( $form->read( $form->posted( wp_slash( $request->get_body_params() ), $old ), $old, $errors ), $errors );
	}

	/**
	 * Says at the choice of the service what is wrong with what it filled in.
	 */
	private function gather( \WP_REST_Request $request, Errors $errors ): void {
		$form = new Form( $this->plugin->catalogue() );
		$form->gather( $form->posted( wp_slash( $request->get_body_params() ), null ), $errors );
	}

	/**
	 * Why no test event was sent.
	 */
	private function refused( string $message, Errors $errors ): \WP_REST_Response {
		return new \WP_REST_Response(
			array(
				'html'   => Test_Report::error( $message ),
				'errors' => (object) $errors->all(),
			)
		);
	}
}
