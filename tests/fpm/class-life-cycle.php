<?php
/**
 * What php-fpm does to its processes, and that no event is lost by it.
 *
 * PHP tells an extension of few of these ends: a worker ended by TERM or by
 * request_terminate_timeout runs no shutdown function of any kind.
 */

require_once __DIR__ . '/class-fpm.php';

final class Life_Cycle {

	public function __construct( private Testbed $testbed ) {}

	public function test_children_leave_after_max_requests(): void {
		$fpm      = new Fpm( $this->testbed, array( 'pm.max_children' => '2', 'pm.max_requests' => '3' ) );
		$ids      = array();
		$children = array();
		for ( $i = 0; $i < 40; $i++ ) {
			$answer                    = $fpm->get( array( 'count' => 2 ) );
			$ids                       = array_merge( $ids, $answer['ids'] );
			$children[ $answer['pid'] ] = true;
		}
		expect( count( $children ) >= 10, 'children were recycled: ' . count( $children ) );
		$this->testbed->await_received( $ids );
		$this->end( $fpm );
	}

	public function test_first_requests_at_once_start_one_worker(): void {
		$fpm      = new Fpm( $this->testbed, array( 'pm.max_children' => '8' ) );
		$requests = array();
		for ( $i = 0; $i < 8; $i++ ) {
			$requests[] = $fpm->send( array( 'count' => 3, 'spread' => 5 ) );
		}
		$ids = array();
		foreach ( $requests as $request ) {
			$ids = array_merge( $ids, json_decode( $request->answer(), true )['ids'] );
		}
		$this->testbed->await_received( $ids );
		$this->end( $fpm );
	}

	public function test_reload_while_requests_run(): void {
		$this->reloads( 'yes' );
	}

	public function test_reload_in_the_foreground(): void {
		$this->reloads( 'no' );
	}

	public function test_quit_of_the_master(): void {
		$this->ends_by( SIGQUIT );
	}

	public function test_term_of_the_master(): void {
		$this->ends_by( SIGTERM );
	}

	public function test_kill_of_children(): void {
		$fpm = new Fpm( $this->testbed );
		$ids = array();
		for ( $round = 0; $round < 6; $round++ ) {
			$answer = $fpm->get( array( 'count' => 5 ) );
			$ids    = array_merge( $ids, $answer['ids'] );
			posix_kill( $answer['pid'], SIGKILL );
			until( static fn() => 4 === count( array_diff( $fpm->children(), array( $answer['pid'] ) ) ), 10, 'php-fpm started no new child' );
		}
		$this->testbed->await_received( $ids );
		$this->end( $fpm );
	}

	public function test_request_terminate_timeout(): void {
		$fpm    = new Fpm( $this->testbed, array( 'request_terminate_timeout' => '1s' ) );
		$answer = $fpm->get( array( 'count' => 7, 'note' => $this->testbed->note(), 'sleep' => 30 ) );
		expect( null === $answer, 'the request was ended' );
		expect( 7 === count( $this->testbed->noted() ), 'its events were accepted before' );
		$this->testbed->await_received( $this->testbed->noted() );
		$this->end( $fpm );
	}

	public function test_dispatch_after_the_answer(): void {
		$fpm = new Fpm( $this->testbed );
		$fpm->get( array( 'after' => $this->testbed->note() ) );
		until( fn() => file_exists( $this->testbed->note() ) && $this->testbed->noted(), 10, 'no event after fastcgi_finish_request()' );
		$this->testbed->await_received( $this->testbed->noted() );
		$this->end( $fpm );
	}

	public function test_preload_dispatches_before_there_are_children(): void {
		$preload = "{$this->testbed->dir}/preload.php";
		file_put_contents(
			$preload,
			'<?php file_put_contents(' . var_export( $this->testbed->note(), true ) . ', webhooks_dispatch("server.started", ["by" => "preload"]) . "\n");'
		);
		file_put_contents(
			$this->testbed->ini,
			"zend_extension=opcache\nopcache.enable=1\nopcache.preload=$preload\nopcache.preload_user={$this->testbed->user}\n",
			FILE_APPEND
		);
		$fpm = new Fpm( $this->testbed );
		$ids = $fpm->get( array( 'count' => 3 ) )['ids'];
		expect( 1 === count( $this->testbed->noted() ), 'the preload script dispatched' );
		$this->testbed->await_received( array_merge( $ids, $this->testbed->noted() ) );
		$this->end( $fpm );
	}

	public function test_in_the_foreground(): void {
		$fpm = new Fpm( $this->testbed, global: array( 'daemonize' => 'no' ) );
		$ids = $fpm->get( array( 'count' => 3 ) )['ids'];
		$this->testbed->await_received( $ids );
		$this->end( $fpm );
	}

	public function test_worker_has_nothing_of_its_starter(): void {
		$fpm = new Fpm( $this->testbed, global: array( 'daemonize' => 'no' ) );
		$this->testbed->await_received( $fpm->get( array() )['ids'] );

		[ $worker ]  = $this->testbed->workers();
		$family      = array( $fpm->pid(), ...$fpm->children() );
		$inheritable = array();
		foreach ( $family as $pid ) {
			$inheritable = array_merge( $inheritable, descriptors( $pid ) );
		}
		// Files of the spool are what both are about; /dev/null is anybody's; and all polls of events,
		// of which the worker has its own, have one name.
		$shared = array_filter(
			array_intersect( descriptors( $worker ), $inheritable ),
			fn( $target ) => ! in_array( $target, array( '/dev/null', 'anon_inode:[eventpoll]' ), true ) && ! str_starts_with( $target, $this->testbed->spool )
		);
		expect( array() === $shared, 'nothing that php-fpm has open is open in the worker: ' . json_encode( $shared ) );

		expect( process_stat( $worker, 6 ) !== process_stat( $fpm->pid(), 6 ), 'the worker is in a session of its own' );
		expect( ! in_array( (int) process_stat( $worker, 4 ), $family, true ), 'the worker is no child of php-fpm' );
		$this->end( $fpm );
	}

	/** Reloads php-fpm in the middle of requests. */
	private function reloads( string $daemonize ): void {
		$fpm    = new Fpm(
			$this->testbed,
			global: array(
				'daemonize'               => $daemonize,
				'process_control_timeout' => '5s',
			)
		);
		$before = $fpm->get( array() )['ids'];
		$this->testbed->await_received( $before );
		$worker = $this->testbed->workers();

		$ids = $before;
		for ( $reload = 0; $reload < 5; $reload++ ) {
			$children = $fpm->children();
			$running  = $fpm->send( array( 'count' => 20, 'spread' => 10, 'note' => $this->testbed->note() ) );
			until( static fn() => $running && $fpm->children(), 5, 'no children' );
			$fpm->signal( SIGUSR2 );
			$running->answer();
			until( static fn() => $fpm->children() && ! array_intersect( $children, $fpm->children() ), 15, 'the children are still the old ones' );
			until(
				static function () use ( $fpm, &$ids ) {
					$answer = $fpm->get( array() );
					$ids    = array_merge( $ids, $answer['ids'] ?? array() );
					return null !== $answer;
				},
				15,
				'no answer after the reload'
			);
		}
		$this->testbed->await_received( array_merge( $ids, $this->testbed->noted() ) );
		expect( $worker === $this->testbed->workers(), 'the worker is the one from before the reloads' );
		$this->end( $fpm );
	}

	/** Ends php-fpm by a signal to the master, in the middle of requests. */
	private function ends_by( int $signal ): void {
		$fpm      = new Fpm( $this->testbed );
		$requests = array();
		for ( $i = 0; $i < 4; $i++ ) {
			$requests[] = $fpm->send( array( 'count' => 5, 'note' => $this->testbed->note(), 'sleep' => 30 ) );
		}
		until( fn() => file_exists( $this->testbed->note() ) && 20 === count( $this->testbed->noted() ), 10, 'the requests did not dispatch' );
		$fpm->stop( $signal );
		$this->testbed->await_received( $this->testbed->noted() );
		$this->testbed->expect_tidy();
	}

	private function end( Fpm $fpm ): void {
		$fpm->stop( SIGTERM );
		$this->testbed->expect_tidy();
	}
}
