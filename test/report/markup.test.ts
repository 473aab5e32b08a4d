import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { embedded, jsonData, markup } from "../../src/report/markup.ts";

describe("markup", () => {
  it("escapes what is put in, and nothing twice", () => {
    const inner = markup`<b title="${'"quoted"'}">${"<script>&'"}</b>`;
    expect(markup`<p>${[inner, 3, " <"]}</p>`.text).toBe(
      '<p><b title="&quot;quoted&quot;">&lt;script&gt;&amp;&#39;</b>3 &lt;</p>',
    );
  });

  it("lets no text open or close anything", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(markup`${text}`.text).not.toMatch(/[<>"']/);
      }),
    );
  });
});

describe("embedded and jsonData", () => {
  it("cannot end their element early", () => {
    expect(embedded("a</script>b</STYLE>c<!--").text).not.toMatch(/<\/script|<\/style|<!--/i);
    expect(jsonData({ name: "</script><!--" }).text).not.toContain("<");
  });

  it("gives JSON that reads back the same", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(jsonData(value).text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
