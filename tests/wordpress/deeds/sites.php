<?php
/**
 * Sites.
 */

$flag = static fn( string $field, int $value ): array => array(
	'before' => static function () use ( $field, $value ): int {
		$site = Deeds::site();
		update_blog_status( $site, $field, 1 - $value );
		return $site;
	},
	'act'    => static function ( int $current, int $site ) use ( $field, $value ): int {
		update_blog_status( $site, $field, $value );
		return $site;
	},
	'about'  => 'given',
);

return array(
	'site_created'       => array(
		'act'   => static fn(): int => Deeds::site(),
		'about' => 'given',
	),
	'site_updated'       => array(
		'act' => static fn() => Deeds::must( update_option( 'blogname', Deeds::name() ) ),
	),
	'site_deleted'       => array(
		'before' => static function (): int {
			$site = Deeds::site();
			Deeds::user( $site );
			return $site;
		},
		'act'    => static function ( int $current, int $site ): int {
			Deeds::must( wp_delete_site( $site ) );
			return $site;
		},
		'about'  => 'given',
	),
	'new_domain_mapping' => array(
		'before' => static fn(): int => Deeds::site(),
		'act'    => static function ( int $current, int $site ): int {
			return Deeds::must(
				wp_update_site(
					$site,
					array(
						'domain' => Deeds::name() . '.example',
						'path'   => '/',
					)
				)
			);
		},
		'about'  => 'given',
	),
	'site_archived'      => $flag( 'archived', 1 ),
	'site_unarchived'    => $flag( 'archived', 0 ),
	'site_spammed'       => $flag( 'spam', 1 ),
	'site_unspammed'     => $flag( 'spam', 0 ),
	'site_deactivated'   => $flag( 'deleted', 1 ),
	'site_reactivated'   => $flag( 'deleted', 0 ),
	'site_made_public'   => $flag( 'public', 1 ),
	'site_made_hidden'   => $flag( 'public', 0 ),
);
