/* filters/content/reader.h: what a message says to whoever reads it, however its bytes are cut. */
#include "base/check.h"
#include "base/mem.h"
#include "base/out.h"
#include "filters/content/reader.h"
#include "mail/header.h"
#include "unit/often.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { ROOM = 1 << 16 };

struct row {
	const char *message;
	const char *text; /* a line a paragraph or reference */
};

#define ALTERNATIVE "Content-Type: multipart/alternative; boundary=b\r\n\r\n"
#define TIMES_4(S)  S S S S
#define TIMES_32(S)                                                                                \
	TIMES_4(S) TIMES_4(S) TIMES_4(S) TIMES_4(S) TIMES_4(S) TIMES_4(S) TIMES_4(S) TIMES_4(S)
#define HTML "Content-Type: text/html; charset=utf-8\r\n\r\n"

static const struct row rows[] = {
	/* plain text: empty lines part, everything else is a space; what has no width is not there */
	{ "Subject: one\r\n two \r\n\r\n a\r\nb  c\t\r\n \r\n\r\nd\r\n",
	  "S one two\nP a b c\nP d\n" },
	{ "\r\nVi\xe2\x80\x8b"
	  "ag\xc2\xadra\xc2\xa0now\r\n",
	  "P Viagra now\n" },
	{ "\r\nV\xcd\x8fi\xd8\x9c"
	  "a\xe1\xa0\x8eg\xef\xb8\x8fr\xf3\xa0\x81\x81"
	  "a\x01\xe2\xa0\x80o\xe3\x85\xa4k\xcd\x80 \xd8\xa7 \xe1\xba\xbf\n",
	  "P Viagra o k\xcd\x80 \xd8\xa7 \xe1\xba\xbf\n" },
	{ "\r\n", "" },
	/* what is turned about for the reader is as he reads it, line by line */
	{ "Subject: x \xe2\x80\xaeyz\r\n\r\na \xe2\x80\xaeyb o\xc3\xa4\xe2\x82\xac \xe2\x80\xacok\xe2\x80\xae ab\nc\xe2\x80\xad d\n\n\xe2\x80\xae",
	  "S x zy\nP a \xe2\x82\xac\xc3\xa4o by ok ba c d\n" },
	{ HTML
	  "a <bdo dir=rtl>b c<i>d</i><i dir=ltr>ef</i><p>gh</p><br>ij<br>kl</bdo>mn<a href=x><bdo dir=rtl>op</bdo></a><bdo dir=RTL>q<a "
	  "href=y>rs</a>t<b hidden>uv</b></bdo>",
	  "H a dc bef\nH gh\nH ji lkmnpoqsrt\nX vu\nL x (po)\nL y (sr)\n" },
	{ HTML
	  "<style>.r{direction:rtl}.o{unicode-bidi:bidi-override}u .p{direction:rtl}</style><b class=r>ab<i class=o>cd</i></b> "
	  "<b class='o p'>ef</b> <b style='unicode-bidi:isolate-override;direction:rtl'>gh</b> <bdo>ij</bdo> <bdo dir=ltr class=r>kl</bdo>"
	  "<i class='r o'>mn<i style='unicode-bidi:embed'>op</i><u dir=rtl>qr</u></i><p dir=rtl>st<bdo>uv",
	  "H abdc ef hg ij lknmopqr\nH stvu\n" },

	/* charsets */
	{ "Content-Type: text/plain; charset=iso-8859-1\r\n\r\nf\xfcr \x80 5",
	  "P f\xc3\xbcr \xe2\x82\xac 5\n" },
	{ "Content-Type: text/plain; charset=utf-8\r\n\r\nf\xfcr \xe2\x82x\xe2\x82\xac \xe2\x82",
	  "P f\xef\xbf\xbdr \xef\xbf\xbd\xef\xbf\xbdx\xe2\x82\xac \xef\xbf\xbd\xef\xbf\xbd\n" },
	{ "\r\nf\xfcr f\xc3\xbcr \xe2\x82", "P f\xc3\xbcr f\xc3\xbcr \xc3\xa2\xe2\x80\x9a\n" },
	{ "Content-Type: text/plain; charset=X-WHAT-IS-THIS\r\n\r\nf\xfcr", "P f\xc3\xbcr\n" },
	{ "Content-Type: text/plain; charset=koi8-r\r\n\r\n\xcd\xc9\xd2",
	  "P \xd0\xbc\xd0\xb8\xd1\x80\n" },
	{ "Content-Type: text/plain; charset=ISO-2022-JP\r\n\r\n\x1b$B$3$s\x1b(B!",
	  "P \xe3\x81\x93\xe3\x82\x93!\n" },
	{ "Content-Type: text/plain; charset=gb2312\r\n\r\n\xc4\xe3\xff\xba\xc3\xc4",
	  "P \xe4\xbd\xa0\xef\xbf\xbd\xe5\xa5\xbd\xef\xbf\xbd\n" },
	{ "Content-Type: text/plain; charset=\"utf-16le\"\r\nContent-Transfer-Encoding: base64\r\n\r\naABpAA==\r\n",
	  "P hi\n" },
	{ "Content-Type: text/plain; charset=utf-16\r\nContent-Transfer-Encoding: base64\r\n\r\nAGgAaQ==\r\n",
	  "P hi\n" },
	{ "Content-Type: text/plain; charset=utf-16\r\nContent-Transfer-Encoding: base64\r\n\r\n/v8AaABp\r\n",
	  "P hi\n" },
	{ "Content-Type: text/plain; charset=ucs-2\r\nContent-Transfer-Encoding: base64\r\n\r\naABpAA==\r\n",
	  "P hi\n" },
	{ "Content-Type: text/plain; charset=utf-32be\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAAaAAAAGk=\r\n",
	  "P hi\n" },
	{ "Content-Type: text/plain; charset=utf-7\r\n\r\nHi +AOQ- there",
	  "P Hi \xc3\xa4 there\n" },

	/* alternatives: the last that is shown; in what is around, what is around counts */
	{ ALTERNATIVE "for old programs\r\n--b\r\n\r\none\r\n--b\r\n" HTML
		      "<p>two</p>\r\n--b--\r\n",
	  "p one\nH two\n" },
	{ ALTERNATIVE "--b\r\n" HTML "one\r\n--b\r\n\r\ntwo\r\n--b--\r\n", "h one\nP two\n" },
	{ ALTERNATIVE
	  "--b\r\n\r\none\r\n--b\r\nContent-Type: text/calendar\r\n\r\ntwo\r\n--b--\r\n",
	  "P one\np two\n" },
	{ ALTERNATIVE
	  "--b\r\n\r\none\r\n--b\r\nContent-Type: multipart/related; boundary=c\r\n\r\n--c\r\n" HTML
	  "two\r\n--c\r\nContent-Type: image/png\r\n\r\n?\r\n--c--\r\n--b--\r\n",
	  "p one\nH two\n" },
	{ "Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n" ALTERNATIVE
	  "--b\r\n\r\none\r\n--b\r\n" HTML "two\r\n--b--\r\n--c\r\n\r\nthree\r\n--c\r\n"
	  "Content-Disposition: attachment\r\n\r\nfour\r\n--c--\r\n",
	  "p one\nH two\nP three\np four\n" },
	/* a subtype that nobody knows is text */
	{ "Content-Type: text/x-any\r\n\r\nshown", "P shown\n" },
	{ ALTERNATIVE "--b\r\n\r\none\r\n--b\r\nContent-Type: text/x-any\r\n\r\ntwo\r\n--b--\r\n",
	  "P one\np two\n" },
	{ "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: image/svg+xml\r\n\r\n<svg><a xlink:href=a>x</a>"
	  "\r\n--b\r\nContent-Type: application/xhtml+xml\r\n\r\n<a href=b>y</a>\r\n--b\r\n"
	  "Content-Type: application/octet-stream; name=z.SVG\r\n\r\n<image href=c>\r\n--b--\r\n",
	  "h x\nh y\nL a (x)\nL b (y)\nI c ()\n" },
	{ ALTERNATIVE "not begun\r\n", "P not begun\n" },
	{ "Content-Type: multipart/mixed; boundary=b\r\n\r\npre\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
	  "Subject: inner\r\n\r\nin\r\n--b--\r\n",
	  "P in\n" },

	/* a message in a transfer encoding (which RFC 2046 5.2.1 forbids) is read; one in it is not */
	{ "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n"
	  "Content-Transfer-Encoding: base64\r\n\r\nU3ViamVjdDogeA0KQ29udGVudC1UeXBlOiB0ZXh0L2h0bWwNCg0KPGI+\r\n"
	  "aW5zaWRlPC9iPg==\r\n--b\r\n\r\nbehind\r\n--b--\r\n",
	  "H inside\nP behind\n" },
	{ "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: application/octet-stream; name=a.EML\r\n"
	  "Content-Transfer-Encoding: base64\r\n\r\nU3ViamVjdDogeA0KQ29udGVudC1UeXBlOiB0ZXh0L2h0bWwNCg0KPGI+\r\n"
	  "aW5zaWRlPC9iPg==\r\n--b--\r\n",
	  "H inside\n" },
	{ "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
	  "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\r\nx\r\n",
	  "" },

	/* HTML */
	{ HTML "a <b>b</b>c<br>d<br><br>e<p>f<div>g</div>h", "H a bc d\nH e\nH f\nH g\nH h\n" },
	{ HTML "<table><tr><td>a<td>b<tr><td>c</table><ul><li>d<li>e</ul>",
	  "H a b\nH c\nH d\nH e\n" },
	{ HTML "&lt;&AMP;&copy&#65;&#x42;&#128;&nosuch;&#;&&eacute;&zwnj;x &",
	  "H <&\xc2\xa9"
	  "AB\xe2\x82\xac&nosuch;&#;&\xc3\xa9x &\n" },
	/* a number ends where its digits do, a name of the old ones wherever it is whole (WHATWG HTML 13.2.5.73) */
	{ HTML
	  "V&#105agra Via&#x67ra V&#00000000000000000000000000000000000000105;&shyagra &ampx; &lt;b &notit; &#x;&#xg",
	  "H Viagra Viagra Viagra &x; <b \xc2\xacit; &#x;&#xg\n" },
	{ HTML "<a href='http://e&#118il&#46com/&#x2fx?a&copy=1&lt=2&#xg'>x</a>",
	  "H x\nL http://evil.com//x?a&copy=1&lt=2&#xg (x)\n" },
	{ HTML "a<!-- > --- b -->c<!>d<!-->e<!--->f<?g>h</>i</ j>k<!doctype html>l<1",
	  "H acdefhikl<1\n" },
	{ HTML "a<script>b</script c>d<STYLE><b></styl></Style>e<title>x</title>f",
	  "H ade\nH f\nX x\n" },
	{ HTML "a<b title=\"x>y\" z='>' w=>b</b ignored=\">\">c<b title=it's>d", "H abcd\n" },
	{ HTML "a<b title=\"never ends> b", "H a\n" },
	{ HTML "x <", "H x <\n" },
	{ HTML "a<b", "H a\n" },

	{ HTML "a<!-- --!>b<!-- --! >c--!-->d", "H abd\n" },
	{ "Content-Type: text/html\r\n\r\n\xcd<meta http-equiv=content-type content='text/html; Charset = koi8-r;x'>\xcd"
	  "<meta charset=utf-8>\xc9",
	  "H \xc3\x8d\xd0\xbc\xd0\xb8\n" },
	{ "Content-Type: text/html\r\n\r\n<meta charset=ucs-2>ab<meta charset=utf-32le>c",
	  "H abc\n" },
	{ "Content-Type: text/html\r\n\r\n<meta charset=utf-16><meta charset=\" gb2312 \">\xc4\xe3",
	  "H \xe4\xbd\xa0\n" },
	{ HTML "<meta charset=koi8-r>\xc3\xa4", "H \xc3\xa4\n" },

	/* a quote is one behind the "=" of an attribute alone */
	{ HTML
	  "<a href=http://ok/?a=\"b>c<b d=\"e\" f=g\"=\"h>i<b =\"j>k<b l/=\"m>n<b o = \"p>q\" r>s<b=\"t>u",
	  "H ciknsu\nL http://ok/?a=\"b (ciknsu)\n" },
	/* elements whose text is there to be seen, or not */
	{ HTML
	  "<xmp>a</xmp><noembed>b</noembed><noframes>c</noframes><template>d</template><noscript>e</noscript>",
	  "H ae\nX bcd\n" },
	{ HTML "<script>a</script-b>c</script>d", "H d\n" },

	/* what is not to be seen does not part what is */
	{ HTML
	  "V<span style='display: none'>a</span>i<b hidden>b</b>a<i style=\"font-size:1px\">c</i>g",
	  "H Viag\nX abc\n" },
	{ HTML "<div style=font-size:0><p style=font-size:12px>a</p>b</div>", "H a\nX b\n" },
	{ HTML "<font color=white>a</font><td bgcolor=\"#000\"><font color=#FFFEFD>b</font></td>",
	  "H b\nX a\n" },
	{ HTML "<body bgcolor=black text='rgb(3, 3, 3)'>a<font color=red>b</font>", "H b\nX a\n" },
	{ HTML
	  "<body bgcolor=white text=red><body bgcolor=gray link=white>a<font color=gray>b<a href=c>d",
	  "H ab\nX d\nL c ()\n" },
	/* what is around counts where an element says nothing, or takes it from there; visibility alone is taken back within */
	{ HTML "<body bgcolor=#000>a<font color=white>b<i style='background:none'>c</i></font>",
	  "H bc\nX a\n" },
	{ HTML
	  "<i style='color:#fff'>a<b style='color:inherit'>b</b><b style='color:red'>c</b></i><i style='background:#000;color:#fff'>d"
	  "<b style='background:rgba(255,255,255,.2)'>e</b><b style='background:white'>f</b><b style='background-image:url()'>g</b></i>",
	  "H cdeg\nX abf\n" },
	{ HTML
	  "<i style='visibility:hidden'>a<b style='visibility:visible'>b</b></i><i style='display:none'>c<b style='display:block'>d</b></i>",
	  "H b\nX acd\n" },
	{ HTML
	  "<i style='color:red;color:#fffz'>a</i><i style='color:#fff;color:#fffz'>g</i><i style='clip:rect(0 0 0 0)'>b</i><i style='clip:rect(0,90px,9px,0)'>c</i>"
	  "<i style='transform:scale(0)'>d</i><i style='transform:scale(0.9)'>e</i><i style='max-width:0;overflow:hidden'>f</i>"
	  "<i style='overflow:hidden;height:1px'>h</i><i style='overflow:hidden;width:1%;height:3px'>i</i>",
	  "H acei\nX gbdfh\n" },
	/* links have a colour of their own; of two styles the first is one */
	{ HTML
	  "<font color=white><a href=x>a</a><a name=y>b</a></font><b style='color:#fff' style='color:red'>c</b>"
	  "<body link=white><a href=z>d</a><a href=z style='color:red'>e",
	  "H a\nH e\nX bc\nX d\nL x (a)\nL z ()\nL z (e)\n" },
	{ HTML "<p style='display:none'>a<p>b", "H b\nX a\n" },
	/* an end tag in a cell ends nothing around it */
	{ HTML
	  "<p><table><tr><td bgcolor=#000><font color=white>a<p>b<div>c</div></p>d</font></div>e</td></table>f",
	  "H a\nH b\nH c\nH d\nH f\nX e\n" },
	{ HTML "<p style='display:none'>a<div>b</div><p hidden><b>c</b><table><td>d",
	  "H b\nX a\nX c\nX d\n" },
	{ HTML
	  "<b style='color:#fff !important'>a</b><b style='display&colon;n&#111ne'>b</b><b style='color:#ffffff80'>c</b>"
	  "<b style='color:#0000'>d</b><b style='color:rgba(9, 9, 9, .05 )'>e</b><b style='color:rgb(100%,99.5%,100%)'>f</b>"
	  "<b style='color:hsl(0 0% 100%)'>g</b><b style='opacity:.01'>h</b><b style='opacity: 5%'>i</b>"
	  "<b style='font:0/0 a'>j</b><b style='font:bold 400 1px arial'>k</b><b style='font-size:0.1em'>l</b>"
	  "<b style='height:0px;overflow:hidden'>m</b><b style='text-indent:-9999px'>n</b><b style='left:-1000px'>o</b>",
	  "X abcdefghijklmno\n" },
	{ HTML "<b style='color:#ff00'>a</b><b style='color:#80000000'>b</b>", "X ab\n" },
	{ HTML
	  "<b style='color:rgba(0,0,0,.5)'>a</b><b style='color:hsl(0,0%,50%)'>b</b><b style='opacity:1.0'>c</b>"
	  "<b style='font:12px/0 a'>d</b><b style='font:400 16px b'>e</b><b style='font-size:.9em'>f</b><b style='height:0'>g</b>"
	  "<b style='overflow:hidden;width:100%'>h</b><b style='left:-10px'>i</b><b style='color:#0000001'>j</b>"
	  "<b style='opacity:.1;font:caption;max-height:10px'>k</b><b style='color:#000000ff'>l</b>",
	  "H abcdefghijkl\n" },
	{ HTML "<x style='visibility:hidden'>a<x>b</x>c</x>d</x>", "H d\nX abc\n" },

	/* style sheets: by name, class and id; not what asks for more, nor what is for other screens */
	{ HTML
	  "<style>\n<!--\n/* .a{} */ .a, p.b {display:none} #c{font-size:0}\nbody u{opacity:0} @import 'x';\n"
	  "@media screen { .d{color:#FFF;background:white} }.e{color:transparent}-->\n</style>"
	  "<b class='x a'>a</b><p class=b>b</p><i id=c>c</i><u>d</u><b class=\"d\">e</b><b class=e>f</b>g",
	  "H g\nX a\nX b\nX cdef\n" },
	{ HTML
	  "<style>.a:hover{display:none} @media (max-width:9px){.a{display:none}} @font-face{src:url(x)}.b .a{display:none}"
	  "u + .a{display:none}.a{color:inherit;background:url('y')}[x].a{display:none}</style>"
	  "<style media='(x)'>.a{display:none}</style><style media=print>.a{display:none}</style><b class=a>a",
	  "H a\nI y ()\n" },
	{ HTML
	  "<style>td{font-size:0}.r{font-size:14px}</style><td>a<b class=r>b</b><b class=r style='font-size:0'>c</b>"
	  "<b style='font-size:0' class=r>d</b>",
	  "H b\nX acd\n" },
	{ HTML
	  "<style>.w{color:#fff}.n{background:navy}i.x{color:#fff}#y{color:#fff}b#y{color:red}.v{display:none}</style>"
	  "<i class=w>a</i><i class=n><i class=w>b</i></i><i class=x>c</i><b class=x>d</b><i id=y>e</i><b id=y>f</b>"
	  "<i class=w style='color:red'>g</i><b class=v style='display:inline'>h</b><font color=red class=w>i",
	  "H bdfgh\nX acei\n" },
	/* what an element is in, or right in; several classes; what counts more is said later, more closely, or is important */
	{ HTML
	  "<style>.h i{color:#fff}u .k{background:#fff}.w{color:#fff}.p.q{color:#fff}tr *.z{color:#fff}td > .b{display:none}.h .v{display:block}.v{color:red}"
	  ".g i{display:none}</style><i>a</i><b class=k><b class=w>b</b></b><b class=q>c</b><b class=z>d</b><b class=v>e",
	  "H acde\nX b\n" },
	{ HTML
	  "<style>.a .b .c{display:none}.a>.b{font-size:0}i.x.z#w{opacity:0}*.q *{visibility:hidden}</style>"
	  "<u class=a><u class=b>a<b class=c>b</b></u><u><u class=b>c<b class=c>d</b></u></u></u><b class=c>e</b><u class=b>f</u>"
	  "<i class='x z y' id=w>g</i><i class='x y' id=w>h</i><i class=q>i<b>j</b></i>",
	  "H cefhi\nX abdgj\n" },
	{ HTML
	  "<style>#i{display:inline}.a{display:none}p.a,b.c{display:inline}.c{display:none}.d{color:#fff!important}.d{color:red}"
	  "[class='e f']{opacity:0}[class=e]{font-size:0}[id=g]{font-size:0}[x]{display:none}*{color:navy}</style>"
	  "<b class=a id=i>a</b><b class=a>b</b><b class=c>c</b><b class=d style='color:red'>d</b><b class=d style='color:red !important'>e</b>"
	  "<b class='e f'>f</b><b class='f e'>g</b><b id=g>h</b><b x>i</b><b style='color:red!important;color:#fff'>j</b><b style=color:#fff>k",
	  "H acegij\nX bdfhk\n" },
	/* however many of them it asks for, it is not important for that */
	{ HTML "<style>" TIMES_32("#a#a#a#a ") "{font-size:0}</style>" TIMES_32(
		  "<u id=a>") "a</u><u id=a style='font-size:14px'>b",
	  "H b\nX a\n" },
	/* of what is beside others, or in what was open before the sheet, it is not known whom it means */
	{ HTML
	  "<style>u+.w{display:none}u~.c{color:red}.c,.w{color:#fff}</style><u></u><b class=w>a</b><b class=c>b</b><b class=w>c</b>",
	  "H b\nX ac\n" },
	{ HTML
	  "<b class=o><style>.o .w{display:none}.o .c{display:inline}.c{display:none}</style><i class=w>a</i><i class=c>b",
	  "H ab\n" },
	{ HTML
	  "<body><div><center><style>div .w,body>div>center>i{display:none}u .w{display:inline}</style><i>a</i><b class=w>b</b><b><i>c",
	  "H c\nX ab\n" },
	{ HTML
	  "<style>.x .w{display:none}</style><u class=x>a<style>.y{color:red}</style><i class=w>b",
	  "H a\nX b\n" },
	{ HTML
	  "<b id=x>a</b><style>b .w{display:none}</style><b>b<i class=w>c</i></b><u class=x><style>.x .w{display:none}</style><i class=w>d",
	  "H abd\nX c\n" },
	{ HTML
	  "<style>a:link,a:visited{color:#fff}i:hover{color:#fff}u~b{color:#fff}@media print,screen{.a{display:none}}"
	  "@media not print{.b{display:none}}@media not screen{.c{display:none}}@media only screen and (x){.d{display:none}}</style>"
	  "<style media='only screen'>.e{display:none}</style><a href=x>a</a><i>b</i><b>c</b><b class=a>d</b><b class=b>e</b>"
	  "<b class=c>f</b><b class=d>g</b><b class=e>h",
	  "H bcfg\nX adeh\nL x ()\n" },
	/* escapes and comments: a comment parts words */
	{ HTML
	  "<style>.\\61/*}*/{d\\69 splay/**/:/* ; */none}.b{dis/**/play:none}.\\0000431 {display:none}/*</style>"
	  "<b class=a>a</b><b class=b>b</b><b class=c1>c</b><b style='\\64 isplay:\\6E\\6fne'>d</b><b style='color:red/* ; display:none'>e"
	  "</b><b style='/**/display:none'>f</b><b style='d\\isplay:none'>g</b><b style='\\display:none'>i</b><b style=\"background:url('/*') , url(*/x);color:#fff\">h</b>",
	  "H beih\nX acdfg\nI /* ()\nI */x ()\n" },
	{ HTML "<style>.a{display:none", "" },
	{ HTML "<style>a{{b{}c}}.d{display:none}</style><b class=d>e</b>", "X e\n" },

	/* what some programs show in place of an image, in the fields of a form, and in documents within */
	{ HTML
	  "a<img alt='free &amp; money\r\nnow' title=b src=c><img alt=d hidden><b style='color:#fff'><img alt=e></b><img alt=>"
	  "<input value=f><input type=submit value='g h'><input type=hidden value=i><input type=password value=j placeholder=k>"
	  "<input placeholder=l type=text><input type=image alt=m value=n><input type=CHECKBOX value=o><textarea placeholder=p>q</textarea>z",
	  "H a q z\nA free & money now\nA f\nA g h\nA k\nA l\nA m\nA p\nI c ()\n" },
	{ HTML
	  "a<iframe srcdoc=\"<p>b&lt;i>c</i>\n<p hidden>d</p><a href='http://e/'>f&amp;lt;</a><img alt=g><iframe srcdoc=h></iframe>i\">j</iframe>k",
	  "H ak\nA bc\nA f<g\nA i\nL http://e/ ()\n" },

	/* references, and what is shown for them */
	{ HTML
	  "<a href=' http://a/?b&amp;c&copy=1 '>see <b>this</b></a> that<a href=x><a href=y>z</a>",
	  "H see this thatz\nL http://a/?b&c&copy=1 (see this)\nL x ()\nL y (z)\n" },
	{ HTML
	  "<base href=//b/><img src=\"c\r\nd\"><form action=e><input src=f></form><area href=g>",
	  "B //b/ ()\nI cd ()\nF e ()\nI f ()\nL g ()\n" },
	{ HTML
	  "<meta http-equiv=refresh content=\" 0.5 ; URL = 'a' x\"><meta content='3,//b'><meta content='text; url=c'>"
	  "<button formaction=d><svg><a xlink:href=e>f</a><image href=g /><image xlink:href=h>",
	  "H f\nL a ()\nL //b ()\nF d ()\nL e (f)\nI g ()\nI h ()\n" },
	{ HTML
	  "<img srcset='a 1x, b&amp;c 2x,, d'><video src=e poster=f><object data=g><div background=h lowsrc=i dynsrc=j>"
	  "<v:roundrect href=k><a data-saferedirecturl=l>m</a><p style=\"background : URL( '//n' ), url(o) url(data:p) url() (q)\">",
	  "H m\nI a ()\nI b&c ()\nI d ()\nI e ()\nI f ()\nI g ()\nI h ()\nI i ()\nI j ()\nL k ()\nL l (m)\nI //n ()\nI o ()\n" },
};

static void put_text(const struct text *t, struct out *o)
{
	static const char letters[][4] = { "S", "Ppp", "HhX", ".A" };

	for (uint32_t i = 0; i < t->count; i++)
		out_printf(o, "%c " STR_FMT "\n",
			   letters[t->paragraphs[i].source][t->paragraphs[i].sight],
			   STR_ARG(text_paragraph(t, i)));
	for (uint32_t i = 0; i < t->link_count; i++) {
		const struct text_link *l = &t->links[i];

		assert_true(l->from <= l->to && l->to <= t->n);
		out_printf(o, "%c " STR_FMT " (%.*s)\n", "LIFB"[l->kind],
			   STR_ARG(text_reference(t, i)), (int)(l->to - l->from),
			   t -> bytes ? t -> bytes + l -> from : "");
	}
}

static void read_message(struct charsets *charsets, struct str message, size_t piece, struct out *o)
{
	const size_t n = header_length(message);
	struct str rest = str_from(message, n);
	struct reader r = { 0 };
	struct text t = { 0 };

	reader_begin(&r, &t, charsets, str_head(message, n));
	while (rest.n)
		reader_feed(&r, str_take(&rest, piece));
	reader_finish(&r);
	put_text(&t, o);
	reader_free(&r);
	text_free(&t);
}

static void rows_in_pieces(void **state)
{
	struct charsets *charsets = charsets_new();
	struct out o = { .p = mem_new(ROOM), .cap = ROOM };

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		const struct str message = str_z(rows[i].message);

		for (size_t piece = message.n; piece > 0; piece--) {
			o.n = 0;
			read_message(charsets, message, piece, &o);
			out_char(&o, '\0');
			if (strcmp(o.p, rows[i].text) != 0)
				fail_msg("%s in pieces of %zu:\n%s---\n%s", rows[i].message, piece,
					 o.p, rows[i].text);
		}
	}
	mem_free(o.p);
	charsets_free(charsets);
}

/* Given up in mid-message: nothing is left behind. */
static void given_up(void **state)
{
	struct charsets *charsets = charsets_new();

	(void)state;
	for (size_t n = 0; n < 40; n++) {
		struct reader r = { 0 };
		struct text t = { 0 };

		reader_begin(&r, &t, charsets, STR("Content-Type: text/html; charset=gbk\r\n\r\n"));
		reader_feed(&r, str_head(STR("<a href=x style='display:none'>h&amp;\xc4\xe3\xc4"
					     "<b></a><x"),
					 n));
		reader_free(&r);
		text_free(&t);
	}
	charsets_free(charsets);
}

/* Of a sheet that is too long not all is known: what has a class may have any colour. */
static void sheets_are_bounded(void **state)
{
	struct charsets *charsets = charsets_new();
	char bytes[64];

	(void)state;
	for (unsigned rules = SHEET_ROWS - 64; rules <= SHEET_ROWS + 64; rules += 128) {
		struct reader r = { 0 };
		struct text t = { 0 };

		reader_begin(&r, &t, charsets, STR("Content-Type: text/html\r\n\r\n"));
		reader_feed(&r, STR("<style>"));
		for (unsigned i = 0; i < rules; i++) {
			struct out o = OUT(bytes);

			out_printf(&o, ".c%u{color:red}", i * 77);
			reader_feed(&r, out_text(&o));
		}
		reader_feed(&r, STR("</style><p class=x style='color:#fff'>text"));
		reader_finish(&r);
		assert_int_equal(t.count, 1);
		assert_int_equal(t.paragraphs[0].sight,
				 rules < SHEET_ROWS ? TEXT_HIDDEN : TEXT_SHOWN);
		reader_free(&r);
		text_free(&t);
	}
	charsets_free(charsets);
}

static void text_is_bounded(void **state)
{
	struct charsets *charsets = charsets_new();
	struct reader r = { 0 };
	struct text t = { 0 };
	uint32_t total = 0;

	(void)state;
	reader_begin(&r, &t, charsets, STR("Content-Type: text/html\r\n\r\n"));
	for (unsigned i = 0; i < 100000; i++)
		reader_feed(
			&r,
			STR("<p>text<a href=reference>text</a><b style=display:none>hidden</b>"));
	reader_finish(&r);
	assert_true(t.cut);
	assert_true(t.n <= LIMIT_TEXT && t.references_n <= LIMIT_TEXT_REFERENCES &&
		    t.link_count <= LIMIT_TEXT_LINKS);
	assert_true(t.count <= LIMIT_TEXT_PARAGRAPHS);
	for (uint32_t i = 0; i < t.count; i++) {
		assert_true(t.paragraphs[i].n > 0 && t.paragraphs[i].at == total);
		total += t.paragraphs[i].n;
	}
	assert_int_equal(total, t.n);
	reader_free(&r);
	text_free(&t);
	charsets_free(charsets);
}

/* A part that is made to come to a limit leaves room for those behind it. */
static void room_is_left(void **state)
{
	static const struct {
		const char *header, *again;
		bool costly;
	} heads[] = {
		{ "--b\r\n\r\n", "a word and another one ", false },
		{ "--b\r\n\r\n", "a\r\n\r\n", false },
		{ "--b\r\n\r\n", " \t", true },
		{ "--b\r\n\r\n", "\xe2\x80\x8b", true },
		{ "--b\r\n" HTML, "</x></p>", true },
		{ "--b\r\n" HTML, "<br>", true },
		{ "--b\r\n" HTML, "<!---->", true },
		{ "--b\r\n" HTML, "<p hidden>", true },
		{ "--b\r\n" HTML "<b><td><i><i><i><i><i><i><i><i><i><i>", "</b>", true },
		{ "--b\r\n" HTML, "<b style=a;a;a;a;a;a;a;a;a;a;a;a;a;a a a a a a a a>", true },
		{ "--b\r\n" HTML, "<style>a{color:red}</style><b class='a a a a a a a a a a'>",
		  true },
	};
	struct charsets *charsets = charsets_new();

	(void)state;
	for (size_t i = 0; i < COUNTOF(heads); i += often(1, 3)) {
		struct reader r = { 0 };
		struct text t = { 0 };

		reader_begin(&r, &t, charsets, STR(ALTERNATIVE));
		for (unsigned part = 0; part < 3; part++) {
			reader_feed(&r, str_z(heads[i].header));
			for (unsigned k = 0; k < LIMIT_TEXT; k++)
				reader_feed(&r, str_z(heads[i].again));
			assert_true(t.cut && t.costly == heads[i].costly);
			reader_feed(&r, STR("\r\n"));
		}
		reader_feed(&r, STR("--b\r\n" HTML "behind <a href=x>them</a>\r\n--b--\r\n"));
		reader_finish(&r);
		assert_true(t.steps <= LIMIT_TEXT_STEPS && t.n <= LIMIT_TEXT);
		assert_true(str_eq(text_paragraph(&t, t.count - 1), STR("behind them")));
		assert_int_equal(t.paragraphs[t.count - 1].sight, TEXT_SHOWN);
		assert_int_equal(t.link_count, 1);
		reader_free(&r);
		text_free(&t);
	}
	charsets_free(charsets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_in_pieces),     cmocka_unit_test(given_up),
		cmocka_unit_test(sheets_are_bounded), cmocka_unit_test(text_is_bounded),
		cmocka_unit_test(room_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
