<?php
/**
 * Google Sheets.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Presets;

defined( 'ABSPATH' ) || exit;

/**
 * Adds a row to a sheet, by a script of its owner’s: Google has no URL that takes events.
 */
final class Sheets_Preset extends Preset {

	public const GROUP = self::OTHER;

	/**
	 * {@inheritDoc}
	 */
	public function id(): string {
		return 'sheets';
	}

	/**
	 * {@inheritDoc}
	 */
	public function name(): string {
		return 'Google Sheets';
	}

	/**
	 * {@inheritDoc}
	 */
	public function steps(): string {
		return __( 'In the sheet open Extensions › Apps Script, paste the script shown here, choose a key of your own in it, and deploy it as a web app that runs as you and that anyone can reach. Add ?key= and your key to its URL. Apps Script can’t read headers, so the key takes the signature’s place.', 'network-webhooks' );
	}

	/**
	 * {@inheritDoc}
	 */
	public function example(): string {
		return 'https://script.google.com/macros/s/…/exec?key=…';
	}

	/**
	 * {@inheritDoc}
	 */
	public function inputs(): array {
		return array(
			Preset_Input::address( 'address', __( 'URL of the web app', 'network-webhooks' ), __( 'With ?key= and your key at its end.', 'network-webhooks' ), $this->example() ),
		);
	}

	/**
	 * {@inheritDoc}
	 */
	public function fill( Preset_Values $values ): array {
		return $values->address( 'address' ) + array(
			'method'    => 'POST',
			'format'    => 'standard',
			'signature' => 'none',
		);
	}

	/**
	 * {@inheritDoc}
	 */
	public function defaults(): array {
		return array(
			'timeout'     => '30',
			'concurrency' => '1',
		) + self::rate( 30, 'minute' );
	}

	/**
	 * What the sheet runs. HtmlService, because what ContentService answers is a redirect, and events are not
	 * sent on elsewhere.
	 */
	public function script(): string {
		return <<<'SCRIPT'
			const KEY = 'choose a long one';

			function doPost(e) {
			  if (e.parameter.key !== KEY) {
			    throw new Error('wrong key');
			  }
			  const event = JSON.parse(e.postData.contents);
			  const lock = LockService.getScriptLock();
			  lock.waitLock(20000);
			  // A leading apostrophe: what begins with = must not become a formula.
			  const plain = (value) => "'" + (typeof value === 'object' ? JSON.stringify(value) : value);
			  SpreadsheetApp.getActiveSpreadsheet().getSheets()[0].appendRow(
			    [event.timestamp, event.type, event.site ? event.site.url : ''].concat(Object.values(event.data)).map(plain)
			  );
			  lock.releaseLock();
			  return HtmlService.createHtmlOutput('ok');
			}
			SCRIPT;
	}
}
