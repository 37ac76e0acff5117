"""What is wrong with content before anybody else sees it."""
