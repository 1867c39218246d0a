"""Configuration of Sphinx, which builds the site (`scripts/docs.sh`)."""

project = "jaxcolor"
copyright = "the authors of jaxcolor, Apache License 2.0"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
html_theme = "furo"
html_title = "jaxcolor"
html_copy_source = False
html_static_path = ["_static"]
html_extra_path = ["reproduction.html"]
html_css_files = ["site.css"]
html_show_sphinx = False

# Every heading is an anchor, as on GitHub; links to anchors that do not exist are errors.
myst_heading_anchors = 3

autoclass_content = "both"  # Of the class and of its constructor.
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
napoleon_use_ivar = True
napoleon_use_rtype = False
default_role = "code"
