"""Reasons from an index that try to break out of a report's syntax."""

HOSTILE_REASONS = (
    "gone\n::error::owned\r::set-output name=x::y",
    "[click](https://evil.example) ![image](https://evil.example/pixel.png)",
    "<img src=x onerror=alert(1)> <!-- comment --> </details></table>",
    "ping @everyone and @org/team, see #1 and org/repo#2, www.evil.example, GH-3",
    "`code` ``double`` | a | table | cell | \\| backslash \\` end\\",
    "| --- | --- |",
    "]]> <![CDATA[ &amp; &lt; \ufffe \x00 \x1b[2J",
    "##[add-mask]x ##vso[task.setvariable variable=x]y ##teamcity[z]",
    "**bold** _italic_ ~~strike~~ $math$ :emoji: \u202e reversed",
    "\\",
)
