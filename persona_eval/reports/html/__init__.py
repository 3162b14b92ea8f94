"""The report as a page: `page.write_page` writes what `content.gather` has gathered."""
