<?php
/**
 * Which functions have a comment.
 */

namespace NetworkWebhooks\Sniffs\Commenting;

use PHP_CodeSniffer\Files\File;
use PHP_CodeSniffer\Sniffs\Sniff;

/**
 * Every function has a comment, except a constructor: what its parameters are called says what it
 * takes, and a comment that has to be there says nothing.
 */
final class FunctionCommentSniff implements Sniff {

	public function register(): array {
		return array( T_FUNCTION );
	}

	public function process( File $file, $place ): void {
		$tokens = $file->getTokens();
		$name   = $file->getDeclarationName( $place );
		if ( null === $name || '__construct' === strtolower( $name ) ) {
			return;
		}
		$modifiers = array( T_WHITESPACE, T_PUBLIC, T_PROTECTED, T_PRIVATE, T_STATIC, T_FINAL, T_ABSTRACT );
		$before    = $place;
		do {
			$before = $file->findPrevious( $modifiers, $before - 1, null, true );
			$end    = false !== $before && T_ATTRIBUTE_END === $tokens[ $before ]['code'];
			$before = $end ? $tokens[ $before ]['attribute_opener'] : $before;
		} while ( $end );
		if ( false === $before || T_DOC_COMMENT_CLOSE_TAG !== $tokens[ $before ]['code'] ) {
			$file->addError( 'There is no comment that says what %s() does.', $place, 'Missing', array( $name ) );
		}
	}
}
