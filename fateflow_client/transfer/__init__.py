"""Files coming and going: streamed, checked to the end, put in place in one step."""
