import DOMPurify from 'dompurify';

const allowedTags =
  'a b blockquote br button code del div em h1 h2 h3 h4 h5 h6 hr li ol p pre span strong sup table tbody td th thead tr ul';
/** What formulas are made of; nothing in it can hold HTML, fetch or run anything. */
const mathTags =
  'math mrow mi mn mo ms mspace mtext msup msub msubsup mfrac msqrt mroot mover munder munderover mtable mtr mtd mstyle mpadded mphantom';
const allowedAttributes =
  'align aria-label class data-at data-done data-math data-n data-state dir href id rel start tabindex target type display mathvariant stretchy fence form lspace rspace separator accent accentunder columnalign rowspacing columnspacing displaystyle scriptlevel linethickness minsize maxsize movablelimits largeop symmetric width height depth';

/** Three schemes, or a value that is no address with a scheme; every attribute is tested, not only addresses. */
const allowedValues = /^(?:(?:https?|mailto):|[^a-z]|[a-z+.-]+(?:[^a-z+.\-:]|$))/i;

/** Sanitised HTML; a plain string in browsers without trusted types. */
export type SafeHtml = TrustedHTML | string;

/**
 * The second line behind the Markdown parser, which already lets no raw HTML through. Its result is
 * the only markup that `{@html}` gets.
 */
export function trustHtml(html: string): SafeHtml {
  return DOMPurify.sanitize(html, {
    ALLOWED_TAGS: `${allowedTags} ${mathTags}`.split(' '),
    ALLOWED_ATTR: allowedAttributes.split(' '),
    ALLOW_ARIA_ATTR: false,
    ALLOW_DATA_ATTR: false,
    ALLOWED_URI_REGEXP: allowedValues,
    ...(policy ? { RETURN_TRUSTED_TYPE: true, TRUSTED_TYPES_POLICY: policy } : {}),
  });
}

/** Given to DOMPurify and to nobody else; the content security policy names it. */
const policy = window.trustedTypes?.createPolicy('alcove-markdown', {
  createHTML: (html) => html,
  createScript: refuseScript,
  createScriptURL: refuseScript,
});

function refuseScript(): never {
  throw new TypeError('Markdown never brings a script.');
}
