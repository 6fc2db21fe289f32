<?php
/**
 * In place of the plugins that can't be installed here: what the sources ask of them, by its real name. What
 * they do is seen in the runs on the real plugins (make plugins).
 */

// phpcs:disable

namespace Tutor\Models {
	class OrderModel {
		public static array $orders = array();

		public function get_order_by_id( $id ) {
			return self::$orders[ $id ] ?? false;
		}
	}
}

namespace FluentForm\App\Modules\Form {
	class FormFieldsParser {
		public static function getEntryInputs( $form, $with ) {
			return $form->inputs ?? array();
		}
	}
}

namespace {
	final class School_Stand_Ins {
		/** Rows of LifterLMS: `user:post:key` → their ids. */
		public static array $rows = array();

		/** Payments of LifterLMS by id. */
		public static array $payments = array();

		/** Levels of Paid Memberships Pro: user → level → name. */
		public static array $levels = array();

		/** Ids in the repositories of Sensei, or ids and times: `course:1:7`. */
		public static array $progress = array();

		public static function forget(): void {
			self::$rows = self::$payments = self::$levels = self::$progress = Tutor\Models\OrderModel::$orders = array();
			WPCF7_Submission::$current = null;
		}
	}

	function _llms_query_user_postmeta( $user, $post, $key ) {
		return array_map( static fn( $id ) => (object) array( 'meta_id' => (string) $id ), School_Stand_Ins::$rows[ "$user:$post:$key" ] ?? array() );
	}

	/** A record of LifterLMS, and its payment. */
	class LLMS_Transaction {
		public array $values = array();
		public ?object $order = null;

		public function __construct( int|array $of, ?object $order = null ) {
			$this->values = is_array( $of ) ? $of : ( School_Stand_Ins::$payments[ $of ]->values ?? array() );
			$this->order  = is_array( $of ) ? $order : School_Stand_Ins::$payments[ $of ]->order ?? null;
			if ( is_array( $of ) ) {
				School_Stand_Ins::$payments[ $of['id'] ] = $this;
			}
		}

		public function get( $name ) {
			return $this->values[ $name ] ?? '';
		}

		public function get_order() {
			return $this->order;
		}

		public function get_initial_price( $arguments, $format ) {
			return $this->values['total'] ?? 0.0;
		}
	}

	function Sensei() {
		$repository = static fn( string $what ) => new class( $what ) {
			public function __construct( private string $what ) {}

			public function get( $id, $user ) {
				$found = School_Stand_Ins::$progress[ "$this->what:$id:$user" ] ?? 0;
				return $found ? new class( ...(array) $found ) {
					public function __construct( private int $id, private int $time = 1795176000 ) {}

					public function get_id() {
						return $this->id;
					}

					public function get_started_at() {
						return new DateTime( "@$this->time" );
					}

					public function get_created_at() {
						return new DateTime( "@$this->time" );
					}
				} : null;
			}
		};
		return (object) array(
			'course_progress_repository' => $repository( 'course' ),
			'lesson_progress_repository' => $repository( 'lesson' ),
			'quiz_submission_repository' => $repository( 'quiz' ),
		);
	}

	function pmpro_getMembershipLevelsForUser( $user ) {
		$levels = array();
		foreach ( School_Stand_Ins::$levels[ $user ] ?? array() as $id => $name ) {
			$levels[] = (object) array( 'id' => (string) $id, 'name' => $name );
		}
		return $levels;
	}

	function pmpro_getLevel( $id ) {
		foreach ( School_Stand_Ins::$levels as $levels ) {
			if ( isset( $levels[ $id ] ) ) {
				return (object) array( 'id' => $id, 'name' => $levels[ $id ] );
			}
		}
		return false;
	}

	class WPCF7_Submission {
		public static ?self $current = null;

		public function __construct( private array $typed, private array $files = array() ) {
			self::$current = $this;
		}

		public static function get_instance() {
			return self::$current;
		}

		public function get_posted_data( $name = '' ) {
			return $this->typed[ $name ] ?? null;
		}

		public function get_meta( $name ) {
			return 'url' === $name ? 'https://network.example/contact/' : 0;
		}

		public function get_result() {
			return array( 'status' => 'mail_sent', 'posted_data_hash' => 'canary' );
		}

		public function uploaded_files() {
			return $this->files;
		}
	}
}
